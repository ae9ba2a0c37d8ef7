package dev.nantian.gateway.proxy.balance;

/** A member whose state the test sets. */
final class TestMember implements Member {
  int outstanding;
  boolean usable = true;
  int rampPercent = 100;

  static TestMember[] many(int count) {
    TestMember[] members = new TestMember[count];
    for (int i = 0; i < count; i++) {
      members[i] = new TestMember();
    }
    return members;
  }

  @Override
  public int outstanding() {
    return outstanding;
  }

  @Override
  public boolean isUsable() {
    return usable;
  }

  @Override
  public int rampPercent() {
    return rampPercent;
  }
}
