package io.walnut.chaos.sim;

import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * Says of each message that one node sends another whether it arrives, when, and how often. Thread-safe.
 *
 * <p>Each direction between two nodes has its own random numbers, and each message takes the same amount of them: what becomes of the
 * tenth message from n1 to n2 follows from the seed and the troubles alone, whatever else is sent meanwhile. Which message is the
 * tenth does not: that is up to the threads of the nodes, and to the clock.
 */
final class SimNet {
    private final long seed;
    private final Map<Link, SplittableRandom> luck = new HashMap<>();
    private final Map<String, Map<Link, Trouble>> troubles = new LinkedHashMap<>();

    SimNet(long seed) {
        this.seed = seed;
    }

    static boolean can(Class<? extends Trouble> trouble) {
        return trouble == Trouble.Cut.class
                || trouble == Trouble.Loss.class
                || trouble == Trouble.Delay.class
                || trouble == Trouble.Duplicate.class;
    }

    /** From now on these links have these troubles because of this cause, beside those that others are the cause of. */
    synchronized void set(String cause, Map<Link, Trouble> map) {
        map.forEach((link, trouble) -> {
            if (!can(trouble.getClass())) {
                throw new IllegalArgumentException(
                        "messages of one process cannot have " + trouble + " (" + link + ")");
            }
        });
        troubles.put(cause, Map.copyOf(map));
    }

    /** No link has any trouble; what is late already still comes late. */
    synchronized void heal() {
        troubles.clear();
    }

    /** After what time each copy of the link's next message arrives; none of a message that is lost. */
    synchronized List<Duration> next(Link link) {
        SplittableRandom own = luck.computeIfAbsent(link, this::luckOf).split();
        List<Duration> copies = new ArrayList<>(List.of(Duration.ZERO));
        for (Map<Link, Trouble> of : troubles.values()) {
            Trouble trouble = of.get(link);
            if (trouble != null) {
                copies = after(trouble, copies, own);
            }
        }
        return copies;
    }

    /** Whether nothing at all passes. */
    synchronized boolean isCut(Link link) {
        return troubles.values().stream().anyMatch(of -> of.get(link) instanceof Trouble.Cut);
    }

    private static List<Duration> after(Trouble trouble, List<Duration> copies, SplittableRandom luck) {
        List<Duration> after = new ArrayList<>();
        for (Duration copy : copies) {
            switch (trouble) {
                case Trouble.Cut() -> {}
                case Trouble.Loss(double share) -> {
                    if (luck.nextDouble() >= share) {
                        after.add(copy);
                    }
                }
                case Trouble.Delay(Duration mean, Duration jitter) ->
                    after.add(copy.plus(mean).plusNanos((long) (jitter.toNanos() * luck.nextDouble())));
                case Trouble.Duplicate(double share) -> {
                    after.add(copy);
                    if (luck.nextDouble() < share) {
                        after.add(copy);
                    }
                }
                case Trouble.Reset _, Trouble.Bandwidth _, Trouble.Corrupt _ ->
                    throw new IllegalStateException("set() takes no " + trouble);
            }
        }
        return after;
    }

    private SplittableRandom luckOf(Link link) {
        return new SplittableRandom(seed * 31 + Objects.hash(link.from(), link.to()));
    }
}
