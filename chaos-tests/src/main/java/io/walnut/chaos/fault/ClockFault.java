package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Clocks;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Wall clocks are wrong: they jump, once or again and again, or each runs at a rate of its own. Healing sets them right, which is a
 * jump, too.
 *
 * <p>Not thread-safe: a run has one nemesis.
 */
final class ClockFault implements Fault {
    private static final int SMALLEST_STROBE_MS = 200;
    private static final int LARGEST_STROBE_MS = 8_000;
    private static final long STROBE_EVERY_MS = 50;

    /** Millionths: from half the right rate to one and a half times it. */
    private static final int LARGEST_GAIN = 500_000;

    private static final int LOOKS = 50;
    private static final long LOOK_EVERY_MS = 100;

    private enum Kind {
        FORWARD,
        BACK,
        STROBE,
        SKEW
    }

    private final String name;
    private final Kind kind;
    private @Nullable Thread strobe;

    private ClockFault(String name, Kind kind) {
        this.name = name;
        this.kind = kind;
    }

    static List<Fault> all() {
        return List.of(
                new ClockFault("clock-jump-forward", Kind.FORWARD),
                new ClockFault("clock-jump-back", Kind.BACK),
                new ClockFault("clock-strobe", Kind.STROBE),
                new ClockFault("clock-skew", Kind.SKEW));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public FaultClass faultClass() {
        return kind == Kind.SKEW ? FaultClass.CLOCK_SKEW : FaultClass.CLOCK_JUMP;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Clocks.class).isPresent();
    }

    /** Hits those that have looked at their clock since: to the others nothing has happened. */
    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException {
        Clocks clocks = cluster.ability(Clocks.class).orElseThrow();
        Victims victims = random.nextBoolean() ? Victims.LEADER : random.nextBoolean() ? Victims.ONE : Victims.ALL;
        List<Node> nodes = kind == Kind.SKEW ? cluster.nodes() : victims.of(cluster, random);
        List<String> gains = new ArrayList<>();
        for (Node node : nodes) {
            switch (kind) {
                case FORWARD -> clocks.set(node, Duration.ofHours(1), 0);
                case BACK -> clocks.set(node, Duration.ofHours(-1), 0);
                case STROBE -> clocks.set(node, jump(random), 0);
                case SKEW -> {
                    int gain = random.nextInt(-LARGEST_GAIN, LARGEST_GAIN + 1);
                    clocks.set(node, Duration.ZERO, gain);
                    gains.add("gains " + gain + " of a million");
                }
            }
        }
        List<String> hit = new ArrayList<>();
        for (int look = 0; look < LOOKS && hit.size() < nodes.size(); look++) {
            Thread.sleep(LOOK_EVERY_MS);
            hit.clear();
            for (int i = 0; i < nodes.size(); i++) {
                Node node = nodes.get(i);
                if (clocks.seen(node)) {
                    hit.add(gains.isEmpty() ? node.id() : node.id() + " " + gains.get(i));
                }
            }
        }
        if (kind == Kind.STROBE) {
            strobe = Thread.ofPlatform().daemon().name("strobe").start(() -> strobe(clocks, nodes));
        }
        return hit;
    }

    private static Duration jump(Random random) {
        int millis = random.nextInt(SMALLEST_STROBE_MS, LARGEST_STROBE_MS);
        return Duration.ofMillis(random.nextBoolean() ? millis : -millis);
    }

    private static void strobe(Clocks clocks, List<Node> nodes) {
        try {
            while (true) {
                for (Node node : nodes) {
                    clocks.set(node, jump(ThreadLocalRandom.current()), 0);
                }
                Thread.sleep(STROBE_EVERY_MS);
            }
        } catch (InterruptedException e) {
            // Healed.
        } catch (IOException e) {
            throw new UncheckedIOException("a clock cannot be set", e);
        }
    }

    @Override
    public void heal(Cluster cluster) throws IOException, InterruptedException {
        Thread strobing = strobe;
        if (strobing != null) {
            strobe = null;
            strobing.interrupt();
            strobing.join();
        }
        Clocks clocks = cluster.ability(Clocks.class).orElseThrow();
        for (Node node : cluster.nodes()) {
            clocks.set(node, Duration.ZERO, 0);
        }
    }
}
