package dev.nantian.gateway.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Content versions: equal bytes have equal versions on every control-plane replica and after every
 * restart, so a proxy that reconnects with {@code initial_resource_versions} is sent only what
 * differs.
 */
public final class ResourceVersion {
  private ResourceVersion() {}

  /** The message's bytes with map entries in key order, so that equal messages give equal bytes. */
  public static ByteString bytesOf(Message message) {
    byte[] bytes = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      message.writeTo(out);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException("serialising into an array of the exact size", e);
    }
    return com.google.protobuf.UnsafeByteOperations.unsafeWrap(bytes);
  }

  /** The version of a resource with these bytes: the first 16 hex digits of their SHA-256. */
  public static String of(ByteString bytes) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(bytes.asReadOnlyByteBuffer());
      return HexFormat.of().formatHex(sha256.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
