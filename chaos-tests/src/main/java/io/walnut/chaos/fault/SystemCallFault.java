package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Commands;
import io.walnut.chaos.cluster.DataFiles;
import io.walnut.chaos.cluster.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Calls of a running node to its system fail, or take long: the system's tracer is attached to it and alters them. All calls of the
 * node are slower meanwhile. When this is healed, a node whose calls failed is killed and started again; one whose calls took long goes
 * on.
 *
 * <p>Not thread-safe: a run has one nemesis.
 */
final class SystemCallFault implements Fault {
    private static final String SYNCS = "fdatasync,fsync";
    private static final String WRITES = "pwrite64,pwritev";
    private static final String READS = "pread64,preadv";
    // The log is written by calls that sync; what is small is written, and then synced.
    private static final String DISK = SYNCS + "," + WRITES;
    private static final String SLOW = "delay_enter=200000"; // microseconds
    private static final String HUNG = "delay_enter=30000000";
    private static final int LOOKS = 30;
    private static final int LOOK_EVERY_MS = 100;
    private static final int DETACH_SECONDS = 10;

    private final String name;
    private final FaultClass faultClass;
    private final Victims victims;
    private final String calls;
    private final String injection;

    private final Map<Node, Process> tracers = new LinkedHashMap<>();

    private SystemCallFault(String name, FaultClass faultClass, Victims victims, String calls, String injection) {
        this.name = name;
        this.faultClass = faultClass;
        this.victims = victims;
        this.calls = calls;
        this.injection = injection;
    }

    static List<Fault> all() {
        return List.of(
                // Of each thread the first call only, so that the next one says yes.
                new SystemCallFault(
                        "sync-error-leader", FaultClass.SYNC_ERROR, Victims.LEADER, SYNCS, "error=EIO:when=1"),
                new SystemCallFault("sync-error-one", FaultClass.SYNC_ERROR, Victims.ONE, SYNCS, "error=EIO:when=1"),
                new SystemCallFault("write-error-leader", FaultClass.WRITE_ERROR, Victims.LEADER, WRITES, "error=EIO"),
                new SystemCallFault("write-error-one", FaultClass.WRITE_ERROR, Victims.ONE, WRITES, "error=EIO:when=3"),
                new SystemCallFault("read-error-leader", FaultClass.READ_ERROR, Victims.LEADER, READS, "error=EIO"),
                new SystemCallFault("slow-disk-leader", FaultClass.SLOW_DISK, Victims.LEADER, DISK, SLOW),
                new SystemCallFault("slow-disk-one", FaultClass.SLOW_DISK, Victims.ONE, DISK, SLOW),
                new SystemCallFault("slow-disk-all", FaultClass.SLOW_DISK, Victims.ALL, DISK, SLOW),
                new SystemCallFault("hung-disk-leader", FaultClass.HUNG_DISK, Victims.LEADER, DISK, HUNG));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public FaultClass faultClass() {
        return faultClass;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Processes.class).isPresent()
                && cluster.ability(DataFiles.class).isPresent()
                && Commands.onPath("strace");
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException {
        List<String> hit = new ArrayList<>();
        for (Node node : victims.of(cluster, random)) {
            if (begin(cluster, node)) {
                hit.add(node.id());
            }
        }
        return hit;
    }

    private boolean begin(Cluster cluster, Node node) throws IOException, InterruptedException {
        OptionalLong pid = cluster.ability(Processes.class).orElseThrow().pid(node);
        if (pid.isEmpty()) {
            return false;
        }
        DataFiles files = cluster.ability(DataFiles.class).orElseThrow();
        Path told = Files.createTempFile("walnut-chaos-", ".strace");
        List<String> command = new ArrayList<>(List.of("strace", "-f", "-qq", "-o", told.toString()));
        command.addAll(List.of("-p", Long.toString(pid.getAsLong())));
        for (Path file : NodeFiles.ALL.in(files.directory(node))) {
            Path inside = files.directoryInside(node)
                    .resolve(files.directory(node).relativize(file).toString());
            command.addAll(List.of("-P", inside.toString()));
        }
        command.addAll(List.of("-e", "trace=" + calls, "-e", "inject=" + calls + ":" + injection));
        Process tracer = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        tracers.put(node, tracer);
        try {
            return happened(tracer, told);
        } finally {
            Files.delete(told); // the tracer writes on into what has no name
        }
    }

    /** Else its calls take long. */
    private boolean fails() {
        return injection.startsWith("error");
    }

    /** Whether a call was altered, within a while; what was never called has not failed. */
    private boolean happened(Process tracer, Path told) throws IOException, InterruptedException {
        for (int i = 0; i < LOOKS; i++) {
            boolean ended = tracer.waitFor(LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
            String lines = Files.readString(told, StandardCharsets.ISO_8859_1);
            // What is held up is told of when it begins, and called delayed when it ends, which may be long after.
            boolean heldUp = !fails() && (lines.contains("sync(") || lines.contains("pwrite"));
            if (heldUp || lines.contains("INJECTED") || lines.contains("DELAYED")) {
                return true;
            }
            if (ended) {
                return false; // so has the node
            }
        }
        return false;
    }

    @Override
    public void heal(Cluster cluster) throws IOException, InterruptedException {
        Map<Node, Process> attached = new LinkedHashMap<>(tracers);
        tracers.clear();
        for (Process tracer : attached.values()) {
            tracer.destroy(); // it lets go of the node
        }
        for (Process tracer : attached.values()) {
            if (!tracer.waitFor(DETACH_SECONDS, TimeUnit.SECONDS)) {
                tracer.destroyForcibly().waitFor();
            }
        }
        if (fails()) {
            for (Node node : attached.keySet()) {
                cluster.ability(Processes.class).orElseThrow().kill(node);
                cluster.start(node);
            }
        }
    }
}
