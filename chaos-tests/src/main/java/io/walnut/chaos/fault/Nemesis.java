package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Lets faults come and go by a seed. In each period one to three faults of different classes come, a quarter of the time none; each
 * period ends with their healing, so that not all hangs on the last one. No fault comes again before each has come.
 */
public final class Nemesis {
    private static final int MOST_AT_ONCE = 3;
    private static final long NOT_OVER = -1;

    /** What was done to what, and when: nanoseconds of the run's clock. */
    public record Injected(String fault, FaultClass faultClass, List<String> hit, long begun, long healed) {
        public Injected {
            hit = List.copyOf(hit);
        }
    }

    /** @param over when it was over by itself; {@code NOT_OVER}: when it is healed */
    private record Begun(Fault fault, List<String> hit, long at, long over) {}

    private final Cluster cluster;
    private final List<Fault> faults;
    private final Random random;
    private final Duration period;
    private final LongSupplier clock;
    private final List<Fault> pack = new ArrayList<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final List<Injected> injected = Collections.synchronizedList(new ArrayList<>());

    /**
     * Faults for a cluster.
     *
     * @param faults of which it takes; each must be possible
     */
    public Nemesis(Cluster cluster, List<Fault> faults, long seed, Duration period, LongSupplier clock) {
        this.cluster = cluster;
        this.faults = List.copyOf(faults);
        this.random = new Random(seed);
        this.period = period;
        this.clock = clock;
    }

    /** One period. */
    public void period() throws IOException, InterruptedException {
        long third = period.toNanos() / 3;
        sleep(third, random.nextDouble());
        List<Fault> chosen = choose();
        List<Begun> begun = new ArrayList<>();
        try {
            for (Fault fault : chosen) {
                if (stopped.getCount() == 0) {
                    return;
                }
                long at = clock.getAsLong();
                // Also what fails half-way is healed.
                begun.add(new Begun(fault, List.of("failed half-way"), at, NOT_OVER));
                List<String> hit = fault.begin(cluster, random);
                begun.set(
                        begun.size() - 1,
                        new Begun(fault, hit, at, fault.overWhenBegun() ? clock.getAsLong() : NOT_OVER));
                sleep(third / chosen.size(), random.nextDouble());
            }
        } finally {
            heal(begun);
        }
        sleep(third, 1);
    }

    private List<Fault> choose() {
        List<Fault> chosen = new ArrayList<>();
        if (faults.isEmpty() || random.nextInt(4) == 0) {
            return chosen;
        }
        int count = 1 + random.nextInt(MOST_AT_ONCE);
        for (int i = 0; i < count; i++) {
            draw(chosen);
        }
        return chosen;
    }

    /** As from a pack of cards: none comes again before each has come. */
    private void draw(List<Fault> chosen) {
        if (pack.isEmpty()) {
            pack.addAll(faults);
            Collections.shuffle(pack, random);
        }
        pack.stream()
                .filter(fault -> chosen.stream().noneMatch(other -> excludes(other, fault)))
                .findFirst()
                .ifPresent(fault -> {
                    chosen.add(fault);
                    pack.remove(fault);
                });
    }

    private static boolean excludes(Fault one, Fault other) {
        return one.faultClass() == other.faultClass() || (one.takesForGood() && other.takesForGood());
    }

    private void heal(List<Begun> begun) throws IOException, InterruptedException {
        List<Begun> order = new ArrayList<>(begun.reversed());
        order.sort(Comparator.comparing(each -> each.fault.takesForGood()));
        IOException failure = null;
        for (Begun each : order) {
            try {
                each.fault.heal(cluster);
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
            if (!each.hit.isEmpty()) {
                long healed = each.over == NOT_OVER ? clock.getAsLong() : each.over;
                injected.add(new Injected(each.fault.name(), each.fault.faultClass(), each.hit, each.at, healed));
            }
        }
        if (failure != null) {
            throw failure;
        }
        cluster.startAll(); // what has ended by itself, as its supervisor would
    }

    private void sleep(long nanos, double share) throws InterruptedException {
        stopped.await((long) (nanos * share), TimeUnit.NANOSECONDS);
    }

    /** Nothing comes any more; a period that is under way heals what it has begun, and ends. */
    public void stop() {
        stopped.countDown();
    }

    /** All so far, in the order of their healing. */
    public List<Injected> injected() {
        return List.copyOf(injected);
    }
}
