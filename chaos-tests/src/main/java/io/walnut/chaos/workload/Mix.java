package io.walnut.chaos.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A client that takes one of several steps at a time, by weights, which differ from client to client. */
final class Mix implements Workload.Client {
    private static final int MOST = 3;

    private record Part(int upTo, Runnable step) {}

    private final Random random;
    private final List<Part> parts = new ArrayList<>();
    private Runnable atEnd = () -> {};
    private int sum;

    Mix(Random random) {
        this.random = random;
    }

    /** @param weight of all clients; this one has as much, or two or three times that */
    Mix add(int weight, Runnable step) {
        sum += weight * (1 + random.nextInt(MOST));
        parts.add(new Part(sum, step));
        return this;
    }

    /** What to do when it is closed. */
    Mix atEnd(Runnable closing) {
        atEnd = closing;
        return this;
    }

    @Override
    public void step() {
        int chosen = random.nextInt(sum);
        for (Part part : parts) {
            if (chosen < part.upTo) {
                part.step.run();
                return;
            }
        }
    }

    @Override
    public void close() {
        atEnd.run();
    }
}
