package dev.nantian.gateway.proxy.balance;

/**
 * One endpoint of a cluster as a balancer sees it. Called on the loop's thread, several times for
 * each request: cheap, without allocation.
 */
public interface Member {
  /** Requests of this loop that the endpoint has not answered yet. */
  int outstanding();

  /** False if the endpoint should get no request now. */
  boolean isUsable();

  /**
   * How much of its weight a newcomer has reached.
   *
   * @return 1 to 100; 100 for all that are not in their slow start
   */
  int rampPercent();
}
