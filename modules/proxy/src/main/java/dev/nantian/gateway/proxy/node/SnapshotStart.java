package dev.nantian.gateway.proxy.node;

/**
 * What a proxy found on disk when it started.
 *
 * @param servedFrom the snapshot file that it began to serve from; empty if none could be used
 * @param damaged why a newer file, or all of them, could not be used; empty if nothing was wrong
 */
public record SnapshotStart(String servedFrom, String damaged) {
  /** There was no file. */
  public static final SnapshotStart NOTHING = new SnapshotStart("", "");
}
