package dev.nantian.gateway.proxy.pipeline;

import java.util.ArrayDeque;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.OutHandler;
import org.jspecify.annotations.Nullable;

/**
 * Where exchanges enter a running stream.
 *
 * <p>{@link #offer} is for the loop's thread only. One signal wakes the stream however many
 * exchanges wait; if the stream is idle it runs at once, on the caller's stack.
 */
final class Ingress {
  private final ArrayDeque<Exchange> waiting = new ArrayDeque<>();
  private @Nullable AsyncCallback<NotUsed> wakeUp;
  private boolean signalled;
  private volatile boolean completing;
  private volatile boolean ended;

  private Ingress() {}

  /** Hands an exchange to the stream. */
  void offer(Exchange exchange) {
    waiting.add(exchange);
    if (!signalled && wakeUp != null) {
      signalled = true;
      wakeUp.invoke(NotUsed.getInstance());
    }
  }

  /** Ends the stream after what waits was taken. */
  void complete() {
    completing = true;
    if (wakeUp != null) {
      wakeUp.invoke(NotUsed.getInstance());
    }
  }

  /** True once the stream has ended and takes nothing more. */
  boolean hasEnded() {
    return ended;
  }

  /** What entered and was not taken before the stream ended. */
  @Nullable Exchange takeLeftover() {
    return waiting.poll();
  }

  /** The stage whose materialised value is the ingress. */
  static final class Stage
      extends AbstractGraphStageWithMaterializedValue<SourceShape<Exchange>, Ingress> {
    private final Outlet<Exchange> out;
    private final SourceShape<Exchange> shape;

    Stage(String name) {
      out = Outlet.create(name + ".out");
      shape = SourceShape.of(out);
    }

    @Override
    public SourceShape<Exchange> shape() {
      return shape;
    }

    @Override
    public Pair<GraphStageLogic, Ingress> createLogicAndMaterializedValuePair(
        Attributes attributes) {
      Ingress ingress = new Ingress();
      return Pair.create(new Logic(ingress), ingress);
    }

    private final class Logic extends GraphStageLogic implements OutHandler {
      private final Ingress ingress;

      Logic(Ingress ingress) {
        super(shape);
        this.ingress = ingress;
        ingress.wakeUp = createAsyncCallback(ignored -> onWakeUp());
        setHandler(out, this);
      }

      private void onWakeUp() {
        ingress.signalled = false;
        pushNext();
      }

      @Override
      public void onPull() {
        pushNext();
      }

      private void pushNext() {
        if (isAvailable(out)) {
          Exchange next = ingress.waiting.poll();
          if (next != null) {
            push(out, next);
          } else if (ingress.completing) {
            completeStage();
          }
        }
      }

      @Override
      public void onDownstreamFinish(Throwable cause) {
        cancelStage(cause);
      }

      @Override
      public void postStop() {
        ingress.ended = true;
      }
    }
  }
}
