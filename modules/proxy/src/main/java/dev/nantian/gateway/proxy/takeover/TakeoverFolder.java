package dev.nantian.gateway.proxy.takeover;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * The folder of the socket over which listening sockets are handed over. Whoever gets in there
 * could serve this proxy's ports, so it must be its user's alone; anything else is refused.
 *
 * @param folder made with mode 0700 if it is not there
 */
record TakeoverFolder(Path folder) {
  /** {@code sun_path} of unix(7) has 108 bytes, the last one zero. */
  private static final int MOST_PATH_BYTES = 107;

  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.complementOf(
          EnumSet.of(
              PosixFilePermission.OWNER_READ,
              PosixFilePermission.OWNER_WRITE,
              PosixFilePermission.OWNER_EXECUTE));

  Path socket() {
    return folder.resolve("socket");
  }

  /**
   * Makes the folder if need be and checks it.
   *
   * @throws TakeoverException if it is not private, or its name is too long for a socket
   */
  void secure() throws TakeoverException {
    int bytes = socket().toString().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MOST_PATH_BYTES) {
      throw new TakeoverException(
          socket()
              + ": "
              + bytes
              + " bytes (expected at most "
              + MOST_PATH_BYTES
              + " for a socket; choose a shorter --data-dir)");
    }
    try {
      if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectories(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      check();
    } catch (IOException e) {
      throw new TakeoverException(folder + ": " + e, e);
    }
  }

  private void check() throws IOException, TakeoverException {
    Set<PosixFilePermission> open = EnumSet.copyOf(OTHERS);
    open.retainAll(Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS));
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) || !open.isEmpty()) {
      throw new TakeoverException(
          folder
              + ": "
              + PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS))
              + " (expected a folder with mode 0700: who can open the socket in it can take this"
              + " proxy's ports)");
    }
    int owner = (Integer) Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (owner != ownUid()) {
      throw new TakeoverException(
          folder + ": owner uid " + owner + " (expected this process's, " + ownUid() + ")");
    }
  }

  /**
   * Whether a process waits at the socket.
   *
   * @throws TakeoverException if that cannot be found out
   */
  boolean isAnswered() throws TakeoverException {
    try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
      return true;
    } catch (ConnectException _) {
      return false;
    } catch (IOException e) {
      if (!Files.exists(socket(), LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
      throw new TakeoverException(socket() + ": " + e, e);
    }
  }

  /** The user that this process runs as. */
  static int ownUid() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }
}
