package dev.nantian.gateway.filters.compression;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.BrotliOutputStream;
import com.aayushatharva.brotli4j.encoder.Encoder;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** A content coding that we can make (RFC 9110 section 8.4.1, RFC 7932, RFC 8878). */
enum Algorithm {
  BR("br") {
    @Override
    boolean isAvailable() {
      return Brotli4jLoader.isAvailable(); // native code, not there for every platform
    }

    @Override
    OutputStream encoder(OutputStream out) throws IOException {
      return new BrotliOutputStream(out, new Encoder.Parameters().setQuality(BROTLI_QUALITY));
    }
  },
  ZSTD("zstd") {
    @Override
    OutputStream encoder(OutputStream out) throws IOException {
      return new ZstdOutputStream(out, ZSTD_LEVEL).setCloseFrameOnFlush(false);
    }
  },
  GZIP("gzip") {
    @Override
    OutputStream encoder(OutputStream out) throws IOException {
      return new GZIPOutputStream(out, GZIP_BUFFER_BYTES, true);
    }
  };

  // On an event loop speed counts more than the last percent of size: about a millisecond of one
  // core for 100 KiB of text with each of these.
  private static final int BROTLI_QUALITY = 4;
  private static final int ZSTD_LEVEL = 3;
  private static final int GZIP_BUFFER_BYTES = 4096;

  private final String coding;

  Algorithm(String coding) {
    this.coding = coding;
  }

  /** Its name in Accept-Encoding and Content-Encoding. */
  String coding() {
    return coding;
  }

  /** Whether it can be used on this machine. */
  boolean isAvailable() {
    return true;
  }

  /**
   * Encodes what is written, into {@code out}; {@code flush} makes all that was written so far
   * readable for the client, {@code close} ends the coding.
   */
  abstract OutputStream encoder(OutputStream out) throws IOException;

  /** Null if there is none of this name. */
  static @Nullable Algorithm of(String coding) {
    for (Algorithm algorithm : values()) {
      if (algorithm.coding.equals(coding)) {
        return algorithm;
      }
    }
    return null;
  }
}
