package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Commands;
import io.walnut.chaos.cluster.Outputs;
import io.walnut.chaos.cluster.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A running node is allowed no more of something than it has, or hardly more. Hit is who was seen to come to the limit. Healed by the
 * old limit, and a start, for a Java process that was refused memory may not live on.
 *
 * <p>Not thread-safe: a run has one nemesis.
 */
final class LimitFault implements Fault {
    private static final int MORE_DESCRIPTORS = 3;
    private static final int CONNECTIONS = 16;
    private static final int LOOKS = 40;
    private static final long LOOK_EVERY_MS = 100;

    /** How a Java process says that it was refused memory. */
    private static final Pattern REFUSED = Pattern.compile(
            "OutOfMemoryError|Cannot allocate memory|insufficient memory|memory allocation|native thread");

    private final FaultClass faultClass;
    private final List<Socket> held = new ArrayList<>();
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
        return cluster.ability(Processes.class).isPresent() && Commands.onPath("prlimit") && Commands.onPath("setpriv");
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException, InterruptedException {
        Node node = Victims.ONE.of(cluster, random).getFirst();
        OptionalLong pid = cluster.ability(Processes.class).orElseThrow().pid(node);
        if (pid.isEmpty()) {
            return List.of();
        }
        hit = node;
        try {
            return reached(cluster, node, pid.getAsLong()) ? List.of(node.id()) : List.of();
        } catch (IOException e) {
            if (Files.exists(proc(pid.getAsLong()))) {
                throw e;
            }
            return List.of(); // it ended before it could be limited
        }
    }

    private boolean reached(Cluster cluster, Node node, long pid) throws IOException, InterruptedException {
        if (faultClass == FaultClass.MEMORY) {
            Optional<Path> output = output(cluster, node);
            long said = refusals(output);
            limit(pid, "--as=", addressSpace(pid));
            return await(() -> !Files.exists(proc(pid)) || refusals(output) > said);
        }
        long most = descriptors(pid) + MORE_DESCRIPTORS;
        limit(pid, "--nofile=", most);
        for (int i = 0; i < CONNECTIONS; i++) {
            connect(node); // each takes one, as long as there are any
        }
        return await(() -> !Files.exists(proc(pid)) || descriptors(pid) >= most);
    }

    /** The soft limit alone: its owner may lower and raise it up to the hard one; for anybody else root may not be enough. */
    private static void limit(long pid, String what, long most) throws IOException {
        List<String> command = new ArrayList<>();
        String uid = id(proc(pid), "Uid");
        if (!uid.equals(id(Path.of("/proc/self"), "Uid"))) {
            command.addAll(List.of("setpriv", "--reuid", uid, "--regid", id(proc(pid), "Gid"), "--clear-groups"));
        }
        command.addAll(List.of("prlimit", "--pid", Long.toString(pid), what + most + ":"));
        Commands.run(command, "");
    }

    private static String id(Path process, String kind) throws IOException {
        return status(process, kind).split("\\s+", -1)[0]; // real, effective, saved, of files: all the same
    }

    private interface Look {
        boolean reached() throws IOException;
    }

    private static boolean await(Look look) throws IOException, InterruptedException {
        try {
            for (int i = 0; i < LOOKS; i++) {
                if (look.reached()) {
                    return true;
                }
                Thread.sleep(LOOK_EVERY_MS);
            }
            return false;
        } catch (NoSuchFileException | UncheckedIOException e) {
            return true; // what is said of a process is gone when it has ended
        }
    }

    private static Optional<Path> output(Cluster cluster, Node node) throws IOException {
        Optional<Outputs> outputs = cluster.ability(Outputs.class);
        return outputs.isPresent() ? Optional.of(outputs.get().output(node)) : Optional.empty();
    }

    private static long refusals(Optional<Path> output) throws IOException {
        if (output.isEmpty() || !Files.exists(output.get())) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(output.get(), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> REFUSED.matcher(line).find()).count();
        }
    }

    private void connect(Node node) {
        try {
            held.add(TrafficFault.connect(TrafficFault.address(node)));
        } catch (IOException e) {
            // It takes no more, which is what is wanted.
        }
    }

    private static Path proc(long pid) {
        return Path.of("/proc", Long.toString(pid));
    }

    private static long descriptors(long pid) throws IOException {
        try (Stream<Path> open = Files.list(proc(pid).resolve("fd"))) {
            return open.count();
        }
    }

    private static long addressSpace(long pid) throws IOException {
        return Long.parseLong(status(proc(pid), "VmSize").replaceAll("\\D", "")) * 1024;
    }

    private static String status(Path process, String field) throws IOException {
        Path file = process.resolve("status");
        return Files.readString(file)
                .lines()
                .filter(line -> line.startsWith(field + ":"))
                .findFirst()
                .orElseThrow(() -> new IOException(file + " has no " + field))
                .substring(field.length() + 1)
                .strip();
    }

    @Override
    public void heal(Cluster cluster) throws IOException {
        for (Socket socket : held) {
            socket.close();
        }
        held.clear();
        Node node = hit;
        if (node != null) {
            hit = null;
            cluster.ability(Processes.class).orElseThrow().kill(node);
            cluster.start(node); // with the limits of this process
        }
    }
}
