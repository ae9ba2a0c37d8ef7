package dev.nantian.gateway.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;

/**
 * The bearer token that changes need.
 *
 * @param value never logged
 */
public record AdminToken(String value) {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final int MIN_LENGTH = 16;

  public AdminToken {
    if (value.length() < MIN_LENGTH || !value.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new IllegalArgumentException(
          "admin token: "
              + value.length()
              + " characters (expected at least "
              + MIN_LENGTH
              + ", printable ASCII without spaces)");
    }
  }

  /** Reads the token that a file holds; white space around it does not count. */
  public static AdminToken read(Path file) throws IOException {
    return new AdminToken(Files.readString(file, UTF_8).strip());
  }

  /**
   * Makes a new one and writes it to a file that only its owner can read, replacing what was there.
   */
  public static AdminToken generate(Path file) throws IOException {
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    var token = new AdminToken(Base64.getUrlEncoder().withoutPadding().encodeToString(random));
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    // Deleted first, so that the mode is ours from the first byte on.
    Files.deleteIfExists(file);
    if (Files.getFileStore(folder == null ? file : folder).supportsFileAttributeView("posix")) {
      Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    }
    Files.writeString(file, token.value() + "\n", UTF_8, StandardOpenOption.CREATE);
    return token;
  }

  /** Whether an Authorization header holds it; takes the same time for every wrong one. */
  boolean allows(String authorization) {
    String scheme = "Bearer ";
    return authorization.regionMatches(true, 0, scheme, 0, scheme.length())
        && MessageDigest.isEqual(
            authorization.substring(scheme.length()).strip().getBytes(UTF_8),
            value.getBytes(UTF_8));
  }

  @Override
  public String toString() {
    return "AdminToken[not shown]";
  }
}
