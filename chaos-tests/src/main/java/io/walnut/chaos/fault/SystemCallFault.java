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
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Calls of a running node to its system fail, or take long: the system's tracer is attached to it and alters them. All calls of the
 * node are slower meanwhile. A node whose calls failed is started again when this is healed.
 *
 * <p>Not thread-safe: a run has one nemesis.
 */
final class SystemCallFault implements Fault {
    private static final String SYNCS = "fdatasync,fsync";
    private static final String WRITES = "pwrite64,pwritev";
    private static final String READS = "pread64,preadv";
    private static final int LOOKS = 30;
    private static final int LOOK_EVERY_MS = 100;
    private static final int DETACH_SECONDS = 10;

    private final String name;
    private final FaultClass faultClass;
    private final Victims victims;
    private final String calls;
    private final String injection;

    private @Nullable Process tracer;
    private @Nullable Node hit;

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
                new SystemCallFault(
                        "slow-disk-leader", FaultClass.SLOW_DISK, Victims.LEADER, SYNCS, "delay_enter=200000"),
                new SystemCallFault("slow-disk-one", FaultClass.SLOW_DISK, Victims.ONE, SYNCS, "delay_enter=200000"),
                new SystemCallFault(
                        "hung-disk-leader", FaultClass.HUNG_DISK, Victims.LEADER, SYNCS, "delay_enter=30000000"));
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
        Node node = victims.of(cluster, random).getFirst();
        OptionalLong pid = cluster.ability(Processes.class).orElseThrow().pid(node);
        if (pid.isEmpty()) {
            return List.of();
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
        Process started = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        tracer = started;
        hit = node;
        try {
            return happened(started, told) ? List.of(node.id()) : List.of();
        } finally {
            Files.delete(told); // the tracer writes on into what has no name
        }
    }

    /** Or takes long: then the node goes on when it is over. */
    private boolean fails() {
        return injection.startsWith("error");
    }

    /** Whether a call was altered, within a while; what was never called has not failed. */
    private boolean happened(Process tracer, Path told) throws IOException, InterruptedException {
        for (int i = 0; i < LOOKS; i++) {
            boolean ended = tracer.waitFor(LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
            String lines = Files.readString(told, StandardCharsets.ISO_8859_1);
            // What is held up is told of when it begins, and called delayed when it ends, which may be long after.
            boolean heldUp = !fails() && lines.contains("sync(");
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
        Process attached = tracer;
        if (attached != null) {
            tracer = null;
            attached.destroy(); // it lets go of the node
            if (!attached.waitFor(DETACH_SECONDS, TimeUnit.SECONDS)) {
                attached.destroyForcibly().waitFor();
            }
        }
        Node node = hit;
        if (node != null) {
            hit = null;
            if (fails()) {
                cluster.ability(Processes.class).orElseThrow().kill(node);
                cluster.start(node);
            }
        }
    }
}
