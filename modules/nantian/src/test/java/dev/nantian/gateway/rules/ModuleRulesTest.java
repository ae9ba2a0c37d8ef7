package dev.nantian.gateway.rules;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.onlyHaveDependenciesWhere;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which module and package may use which: the arrows of docs/architecture.md. */
@AnalyzeClasses(packages = "dev.nantian.gateway", importOptions = DoNotIncludeTests.class)
final class ModuleRulesTest {
  private static final String PROTOCOL = "dev.nantian.gateway.protocol..";
  private static final String PROXY = "dev.nantian.gateway.proxy..";
  private static final String CONTROL = "dev.nantian.gateway.control..";
  private static final String AI = "dev.nantian.gateway.ai..";
  private static final String FILTERS = "dev.nantian.gateway.filters..";
  private static final String WASM = "dev.nantian.gateway.wasm..";
  private static final String CLI = "dev.nantian.gateway.cli..";
  private static final String ADMIN = "dev.nantian.gateway.admin..";
  private static final String ECHO = "dev.nantian.gateway.echo..";

  @ArchTest
  static final ArchRule protocolUsesNoOtherModule =
      noClasses()
          .that()
          .resideInAPackage(PROTOCOL)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(PROXY, CONTROL, AI, FILTERS, WASM, CLI, ADMIN, ECHO);

  @ArchTest
  static final ArchRule proxyFindsExtensionsOnlyThroughItsFilterApi =
      noClasses()
          .that()
          .resideInAPackage(PROXY)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(CONTROL, AI, FILTERS, WASM, CLI, ADMIN, ECHO);

  @ArchTest
  static final ArchRule controlKnowsNoProxy =
      noClasses()
          .that()
          .resideInAPackage(CONTROL)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(PROXY, AI, FILTERS, WASM, CLI, ADMIN, ECHO);

  @ArchTest
  static final ArchRule extensionsKnowOnlyTheProxy =
      noClasses()
          .that()
          .resideInAnyPackage(AI, FILTERS, WASM)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(CONTROL, CLI, ADMIN, ECHO)
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule filtersKnowOnlyThePublicApiOfTheProxy =
      noClasses()
          .that()
          .resideInAPackage(FILTERS)
          .should()
          .dependOnClassesThat(
              resideInAPackage(PROXY)
                  .and(DescribedPredicate.not(resideInAPackage("dev.nantian.gateway.proxy.filter")))
                  .and(
                      DescribedPredicate.describe(
                          "anything but HeaderName",
                          (JavaClass c) ->
                              !c.getName().equals("dev.nantian.gateway.proxy.http.HeaderName"))));

  @ArchTest
  static final ArchRule echoKnowsNeitherPlane =
      noClasses()
          .that()
          .resideInAPackage(ECHO)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(PROXY, CONTROL, CLI, ADMIN);

  @ArchTest
  static final ArchRule translatorsArePure =
      noClasses()
          .that()
          .resideInAPackage("dev.nantian.gateway.control.translate..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                      "org.apache.pekko..",
                      "io.netty..",
                      "java.nio.file..",
                      "java.nio.channels..",
                      "java.net.http..",
                      "java.util.concurrent..")
                  .or(
                      DescribedPredicate.describe(
                          "files, sockets or clocks",
                          (JavaClass c) ->
                              c.getName().matches("java\\.io\\.(Random)?File.*")
                                  || c.getName().matches("java\\.net\\.\\w*Socket.*")
                                  || c.getName().equals("java.time.Clock"))))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule matchingIsPure =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.nantian.gateway.proxy.route..", "dev.nantian.gateway.proxy.filter..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.pekko..", "java.nio.file..", "java.nio.channels..");

  @ArchTest
  static final ArchRule theDataPathIsNotPekkoHttp =
      noClasses()
          .that()
          .resideInAPackage(PROXY)
          .should()
          .dependOnClassesThat(resideInAPackage("org.apache.pekko.http.javadsl.server.."))
          .because("pekko-http costs several times the CPU; it serves the admin endpoint");

  @ArchTest
  static final ArchRule internalPackagesStayInTheirModule =
      classes()
          .that()
          .resideInAPackage("dev.nantian.gateway..")
          .should(
              onlyHaveDependenciesWhere(
                  DescribedPredicate.describe(
                      "an internal package of another module is not used",
                      ModuleRulesTest::staysInModule)));

  private static boolean staysInModule(Dependency dependency) {
    String target = dependency.getTargetClass().getPackageName();
    return !target.startsWith("dev.nantian.gateway.")
        || !(target + ".").contains(".internal.")
        || module(target).equals(module(dependency.getOriginClass().getPackageName()));
  }

  private static String module(String packageName) {
    return packageName.split("\\.", 5)[3];
  }
}
