package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** The clocks of nodes that run on this machine's kernel; there are none where none can be made. */
final class WallClocks implements Clocks {
    private final Map<String, WallClock> clocks = new HashMap<>();

    /** Makes one, a right one; the directory must be new. Nothing on a machine that cannot make clocks. */
    void add(String node, Path directory) throws IOException {
        if (WallClock.possible()) {
            clocks.put(node, WallClock.make(directory));
        }
    }

    boolean isEmpty() {
        return clocks.isEmpty();
    }

    @Override
    public void set(Node node, Duration ahead, int gain) throws IOException {
        clock(node).set(ahead, gain);
    }

    @Override
    public boolean seen(Node node) throws IOException {
        return clock(node).seen();
    }

    private WallClock clock(Node node) {
        WallClock clock = clocks.get(node.id());
        if (clock == null) {
            throw new IllegalArgumentException(
                    "node " + node.id() + " has no clock that can be set; " + clocks.keySet() + " have");
        }
        return clock;
    }
}
