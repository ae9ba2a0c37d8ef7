package dev.nantian.gateway.proxy.tunnel;

import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import io.netty.buffer.ByteBuf;

/**
 * Bytes of another protocol, passed between a client's and a backend's end as they come.
 *
 * <p>A side that does not read stops the other from being read. The end of one direction (FIN,
 * END_STREAM) is passed on after the bytes before it and leaves the other direction open, but for
 * TLS connections, which end whole; a reset is passed on as a reset (RFC 8441 section 5: RST is
 * RST_STREAM with CANCEL). Without a byte in either direction for the idle time both are cut.
 *
 * <p>Touched by its event loop only.
 */
public final class Tunnel {
  /** Who is told what passes. */
  public interface Witness {
    void passed(int bytes, boolean fromClient);

    /** Nothing passes any more. Told once. */
    void ended();
  }

  private final Witness witness;
  private final DeadlineWheel wheel;
  private final long idleMillis;
  private final Side client;
  private final Side backend;
  private final DeadlineWheel.Entry idle =
      new DeadlineWheel.Entry() {
        @Override
        protected void onDeadline() {
          cut();
        }
      };
  private boolean over;

  public Tunnel(
      TunnelEnd client, TunnelEnd backend, Witness witness, DeadlineWheel wheel, long idleMillis) {
    this.client = new Side(client);
    this.backend = new Side(backend);
    this.witness = witness;
    this.wheel = wheel;
    this.idleMillis = idleMillis;
  }

  /** Lets the bytes pass; may be over before it returns. */
  public void start() {
    wheel.arm(idle, idleMillis);
    client.end.begin(client);
    backend.end.begin(backend);
    client.letCome();
    backend.letCome();
    if (!over) {
      client.end.flush();
      backend.end.flush();
    }
  }

  private void cut() {
    if (!over) {
      over();
      client.end.reset();
      backend.end.reset();
    }
  }

  private void close() {
    if (!over) {
      over();
      client.end.close();
      backend.end.close();
    }
  }

  private void over() {
    over = true;
    wheel.remove(idle);
    witness.ended();
  }

  /** One of the two, as the tunnel sees it. */
  private final class Side implements TunnelEnd.Input {
    private final TunnelEnd end;
    private boolean inputEnded;
    private boolean outputEnded;

    private Side(TunnelEnd end) {
      this.end = end;
    }

    private Side other() {
      return this == client ? backend : client;
    }

    /** Its bytes come if the other side takes them. */
    private void letCome() {
      if (!over) {
        end.readable(other().end.isWritable());
      }
    }

    @Override
    public void bytes(ByteBuf part) {
      if (over) {
        part.release();
        return;
      }
      wheel.arm(idle, idleMillis);
      witness.passed(part.readableBytes(), this == client);
      other().end.write(part);
      if (!other().end.isWritable()) {
        end.readable(false);
      }
    }

    @Override
    public void readComplete() {
      if (!over) {
        other().end.flush();
      }
    }

    @Override
    public void writabilityChanged() {
      other().letCome();
    }

    @Override
    public void inputEnded() {
      if (!over && !inputEnded) {
        inputEnded = true;
        other().end.endOutput();
      }
    }

    @Override
    public void outputEnded(boolean whole) {
      outputEnded = true;
      if (whole || other().outputEnded) {
        close();
      }
    }

    @Override
    public void closed() {
      if (inputEnded && other().outputEnded) {
        close();
      } else {
        cut(); // closed without an end of its input: reset
      }
    }
  }
}
