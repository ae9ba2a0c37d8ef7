package dev.nantian.gateway.proxy.snapshot;

import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.proxy.config.ConfigStore;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The file of the last good configuration, and the one that it replaced.
 *
 * <p>Format 1: {@value #MAGIC}, format (4 bytes), length of the body (8), SHA-256 of the body (32),
 * body: a {@code DeltaDiscoveryResponse} with every resource in force. A new file is written beside
 * the old one, forced to disk, and takes its place in one step, so a crash leaves the old or the
 * new one and never a part. Mode 0600.
 *
 * <p>The replaced file stays as {@value #PREVIOUS}: if the newest one is damaged (a disk that
 * fails, a hand that slipped), the proxy starts with the one before it instead of with nothing. A
 * damaged file never takes that place.
 *
 * <p>Blocking: not for event loops. One writer at a time.
 */
public final class SnapshotFile {
  /** What a file was found to be. */
  public sealed interface Content {
    /**
     * A whole snapshot.
     *
     * @param from the file that it was read from
     * @param damaged why a newer file was not used; empty if this is the newest
     */
    record Loaded(List<ConfigStore.Update> updates, Path from, String damaged) implements Content {}

    /** There is no file. */
    record Absent() implements Content {}

    /** What there is must not be used. */
    record Damaged(String reason) implements Content {}
  }

  private static final String NAME = "snapshot.bin";
  private static final String PREVIOUS = "snapshot.previous.bin";
  private static final String MAGIC = "NANTIANS";
  private static final int FORMAT = 1;
  private static final int HEADER = 8 + 4 + 8 + 32;

  private final Path folder;
  private final Path file;
  private final Path previous;
  // Of the newest file: it was written by this process, or read whole.
  private volatile boolean newestIsGood;

  /**
   * @param folder made with mode 0700 if it is not there
   */
  public SnapshotFile(Path folder) {
    this.folder = folder;
    this.file = folder.resolve(NAME);
    this.previous = folder.resolve(PREVIOUS);
  }

  /** Where the newest snapshot is. */
  public Path file() {
    return file;
  }

  /** Replaces the snapshot. */
  public void write(List<ConfigStore.Update> inForce) throws IOException {
    Files.createDirectories(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    byte[] body = body(inForce);
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    header.put(MAGIC.getBytes(StandardCharsets.US_ASCII));
    header.putInt(FORMAT).putLong(body.length).put(sha256(body)).flip();
    FileAttribute<?> ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    Path fresh = folder.resolve(NAME + ".new");
    Files.deleteIfExists(fresh);
    try (FileChannel out =
        FileChannel.open(
            fresh,
            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            ownerOnly)) {
      writeAll(out, header);
      writeAll(out, ByteBuffer.wrap(body));
      out.force(true);
    }
    if (newestIsGood) {
      Files.move(
          file, previous, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    newestIsGood = true;
    try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
      directory.force(true); // or the new name may be lost with the power
    }
  }

  private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  private static byte[] body(List<ConfigStore.Update> inForce) {
    DeltaDiscoveryResponse.Builder all = DeltaDiscoveryResponse.newBuilder();
    for (ConfigStore.Update update : inForce) {
      for (ConfigStore.Received resource : update.resources()) {
        all.addResources(
            Resource.newBuilder()
                .setName(resource.name())
                .setVersion(resource.version())
                .setResource(resource.body()));
      }
    }
    return all.build().toByteArray();
  }

  /**
   * Reads the newest snapshot, or if that is damaged or missing the one before it. A file that is
   * damaged in any way is not used at all.
   */
  public Content read() {
    Content newest = read(file);
    if (newest instanceof Content.Loaded) {
      newestIsGood = true;
      return newest;
    }
    return switch (read(previous)) {
      case Content.Loaded(List<ConfigStore.Update> updates, Path from, String _) ->
          new Content.Loaded(
              updates,
              from,
              newest instanceof Content.Damaged(String reason) ? reason : file + " is missing");
      case Content.Damaged(String reason) ->
          new Content.Damaged(
              newest instanceof Content.Damaged(String first) ? first + "; " + reason : reason);
      case Content.Absent _ -> newest;
    };
  }

  private static Content read(Path one) {
    try {
      return parse(one, Files.readAllBytes(one));
    } catch (NoSuchFileException _) {
      return new Content.Absent();
    } catch (IOException e) {
      return new Content.Damaged(one + ": cannot be read (" + e + ")");
    }
  }

  private static Content parse(Path one, byte[] bytes) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (bytes.length < HEADER) {
      return damaged(one, "has " + bytes.length + " bytes (expected at least " + HEADER + ")");
    }
    byte[] magic = new byte[8];
    in.get(magic);
    if (!new String(magic, StandardCharsets.US_ASCII).equals(MAGIC)) {
      return damaged(one, "is not a snapshot (expected it to begin with " + MAGIC + ")");
    }
    int format = in.getInt();
    if (format != FORMAT) {
      return damaged(one, "has format " + format + " (expected " + FORMAT + ")");
    }
    long length = in.getLong();
    if (length != bytes.length - HEADER) {
      return damaged(
          one, "holds " + (bytes.length - HEADER) + " bytes of content (expected " + length + ")");
    }
    byte[] checksum = new byte[32];
    in.get(checksum);
    byte[] body = new byte[in.remaining()];
    in.get(body);
    if (!MessageDigest.isEqual(checksum, sha256(body))) {
      return damaged(one, "fails its checksum");
    }
    return updates(one, DeltaDiscoveryResponse.parseFrom(body));
  }

  private static Content updates(Path one, DeltaDiscoveryResponse all) {
    Map<ResourceType, List<ConfigStore.Received>> byType = new EnumMap<>(ResourceType.class);
    for (Resource resource : all.getResourcesList()) {
      Optional<ResourceType> type = ResourceType.ofTypeUrl(resource.getResource().getTypeUrl());
      if (type.isEmpty()) {
        return damaged(one, "holds a resource of type " + resource.getResource().getTypeUrl());
      }
      byType
          .computeIfAbsent(type.get(), _ -> new ArrayList<>())
          .add(
              new ConfigStore.Received(
                  resource.getName(), resource.getVersion(), resource.getResource()));
    }
    List<ConfigStore.Update> updates = new ArrayList<>();
    byType.forEach(
        (type, resources) -> updates.add(new ConfigStore.Update(type, resources, List.of())));
    return new Content.Loaded(updates, one, "");
  }

  private static Content damaged(Path one, String how) {
    return new Content.Damaged(one + " " + how);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
