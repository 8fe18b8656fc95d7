package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Commands;
import io.walnut.chaos.cluster.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A running node is allowed no more of something than it has. Healed by the old limit, and a start, for a Java process that was
 * refused memory may not live on.
 *
 * <p>Not thread-safe: a run has one nemesis.
 */
final class LimitFault implements Fault {
    private static final int MORE_DESCRIPTORS = 3;
    private static final long MORE_BYTES = 8L << 20;

    private final FaultClass faultClass;
    private @Nullable Node hit;

    private LimitFault(FaultClass faultClass) {
        this.faultClass = faultClass;
    }

    static List<Fault> all() {
        return List.of(new LimitFault(FaultClass.DESCRIPTORS), new LimitFault(FaultClass.MEMORY));
    }

    @Override
    public String name() {
        return faultClass == FaultClass.MEMORY ? "no-memory" : "no-descriptors";
    }

    @Override
    public FaultClass faultClass() {
        return faultClass;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Processes.class).isPresent() && Commands.onPath("prlimit");
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException {
        Node node = Victims.ONE.of(cluster, random).getFirst();
        OptionalLong pid = cluster.ability(Processes.class).orElseThrow().pid(node);
        if (pid.isEmpty()) {
            return List.of();
        }
        hit = node;
        // The soft limit alone: it may be lowered and raised by anybody up to the hard one.
        String limit = faultClass == FaultClass.MEMORY
                ? "--as=" + (addressSpace(pid.getAsLong()) + MORE_BYTES) + ":"
                : "--nofile=" + (descriptors(pid.getAsLong()) + MORE_DESCRIPTORS) + ":";
        Commands.run("prlimit", "--pid", Long.toString(pid.getAsLong()), limit);
        return List.of(node.id());
    }

    private static long descriptors(long pid) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return open.count();
        }
    }

    private static long addressSpace(long pid) throws IOException {
        String line = Files.readString(Path.of("/proc", Long.toString(pid), "status"))
                .lines()
                .filter(each -> each.startsWith("VmSize:"))
                .findFirst()
                .orElseThrow(() -> new IOException("/proc/" + pid + "/status has no VmSize"));
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        Node node = hit;
        if (node != null) {
            hit = null;
            cluster.ability(Processes.class).orElseThrow().kill(node);
            cluster.start(node); // with the limits of this process
        }
    }
}
