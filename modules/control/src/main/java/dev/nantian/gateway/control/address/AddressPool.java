package dev.nantian.gateway.control.address;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Reads the notation of an address pool: IP addresses and CIDR blocks. */
public final class AddressPool {
  // A block is given out address by address; nobody has more Gateways than this.
  private static final int MAX_ADDRESSES = 65_536;

  private AddressPool() {}

  /**
   * Expands to single addresses in the order given. Of an IPv4 block longer than a pair, the
   * network and the broadcast address are left out.
   *
   * @throws IllegalArgumentException names the entry that is neither address nor block
   */
  public static List<String> parse(List<String> entries) {
    Set<String> addresses = new LinkedHashSet<>();
    for (String entry : entries) {
      int slash = entry.indexOf('/');
      if (slash < 0) {
        addresses.add(literal(entry, entry).getHostAddress());
      } else {
        addBlock(entry, slash, addresses);
      }
      if (addresses.size() > MAX_ADDRESSES) {
        throw new IllegalArgumentException(
            "address pool " + entry + ": too large (expected at most " + MAX_ADDRESSES + ")");
      }
    }
    return new ArrayList<>(addresses);
  }

  private static void addBlock(String entry, int slash, Set<String> addresses) {
    byte[] base = literal(entry.substring(0, slash), entry).getAddress();
    int bits = base.length * 8;
    int prefix;
    try {
      prefix = Integer.parseInt(entry.substring(slash + 1));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "address pool " + entry + ": expected ADDRESS/PREFIX-LENGTH", e);
    }
    if (prefix < bits - 16 || prefix > bits) {
      throw new IllegalArgumentException(
          "address pool " + entry + ": expected a prefix length of " + (bits - 16) + " to " + bits);
    }
    int size = 1 << (bits - prefix);
    BigInteger first = new BigInteger(1, base).shiftRight(bits - prefix).shiftLeft(bits - prefix);
    boolean trim = base.length == 4 && size > 2;
    for (int i = trim ? 1 : 0; i < (trim ? size - 1 : size); i++) {
      addresses.add(address(first.add(BigInteger.valueOf(i)), base.length));
    }
  }

  private static String address(BigInteger value, int length) {
    byte[] bytes = value.toByteArray();
    byte[] padded = new byte[length];
    int from = Math.max(0, bytes.length - length);
    System.arraycopy(bytes, from, padded, length - (bytes.length - from), bytes.length - from);
    try {
      return InetAddress.getByAddress(padded).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(Arrays.toString(padded), e);
    }
  }

  private static InetAddress literal(String address, String entry) {
    try {
      return InetAddress.ofLiteral(address);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "address pool " + entry + ": expected an IP address or a CIDR block", e);
    }
  }
}
