package dev.nantian.gateway.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what runs: the program's version, Java and the system. */
@Command(name = "version", description = "Print the versions of the program and of Java.")
final class VersionCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    var out = spec.commandLine().getOut();
    out.println("nantian " + Version.text());
    out.println("java    " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")");
    out.println("system  " + System.getProperty("os.name") + " " + System.getProperty("os.arch"));
  }
}
