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
 * The file of the last good configuration.
 *
 * <p>Format 1: {@value #MAGIC}, format (4 bytes), length of the body (8), SHA-256 of the body (32),
 * body: a {@code DeltaDiscoveryResponse} with every resource in force. A new file is written beside
 * the old one, forced to disk, and takes its place in one step, so a crash leaves the old or the
 * new one and never a part. Mode 0600.
 *
 * <p>Blocking: not for event loops. One writer at a time.
 */
public final class SnapshotFile {
  /** What a file was found to be. */
  public sealed interface Content {
    /** A whole snapshot. */
    record Loaded(List<ConfigStore.Update> updates) implements Content {}

    /** There is no file. */
    record Absent() implements Content {}

    /** There is one that must not be used. */
    record Damaged(String reason) implements Content {}
  }

  private static final String NAME = "snapshot.bin";
  private static final String MAGIC = "NANTIANS";
  private static final int FORMAT = 1;
  private static final int HEADER = 8 + 4 + 8 + 32;

  private final Path folder;
  private final Path file;

  /**
   * @param folder made with mode 0700 if it is not there
   */
  public SnapshotFile(Path folder) {
    this.folder = folder;
    this.file = folder.resolve(NAME);
  }

  /** Where the snapshot is. */
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
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
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

  /** Reads the snapshot. A file that is damaged in any way is not used at all. */
  public Content read() {
    try {
      return parse(Files.readAllBytes(file));
    } catch (NoSuchFileException _) {
      return new Content.Absent();
    } catch (IOException e) {
      return new Content.Damaged(file + ": cannot be read (" + e + ")");
    }
  }

  private Content parse(byte[] bytes) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (bytes.length < HEADER) {
      return damaged("has " + bytes.length + " bytes (expected at least " + HEADER + ")");
    }
    byte[] magic = new byte[8];
    in.get(magic);
    if (!new String(magic, StandardCharsets.US_ASCII).equals(MAGIC)) {
      return damaged("is not a snapshot (expected it to begin with " + MAGIC + ")");
    }
    int format = in.getInt();
    if (format != FORMAT) {
      return damaged("has format " + format + " (expected " + FORMAT + ")");
    }
    long length = in.getLong();
    if (length != bytes.length - HEADER) {
      return damaged(
          "holds " + (bytes.length - HEADER) + " bytes of content (expected " + length + ")");
    }
    byte[] checksum = new byte[32];
    in.get(checksum);
    byte[] body = new byte[in.remaining()];
    in.get(body);
    if (!MessageDigest.isEqual(checksum, sha256(body))) {
      return damaged("fails its checksum");
    }
    return updates(DeltaDiscoveryResponse.parseFrom(body));
  }

  private Content updates(DeltaDiscoveryResponse all) {
    Map<ResourceType, List<ConfigStore.Received>> byType = new EnumMap<>(ResourceType.class);
    for (Resource resource : all.getResourcesList()) {
      Optional<ResourceType> type = ResourceType.ofTypeUrl(resource.getResource().getTypeUrl());
      if (type.isEmpty()) {
        return damaged("holds a resource of type " + resource.getResource().getTypeUrl());
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
    return new Content.Loaded(updates);
  }

  private Content damaged(String how) {
    return new Content.Damaged(file + " " + how);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
