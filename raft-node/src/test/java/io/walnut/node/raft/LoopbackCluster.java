package io.walnut.node.raft;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.node.local.FreePorts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** Members of one group in this JVM, on loopback ports. */
final class LoopbackCluster implements AutoCloseable {
    static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final UUID GROUP = new UUID(0x57414c, 1);

    private final Path directory;
    private final List<Peer> peers = new ArrayList<>();
    private final UnaryOperator<RaftOptions> settings;
    private final Map<String, RaftGroupNode> running = new HashMap<>();
    private final Map<String, RecordingState> states = new HashMap<>();
    private final Map<String, Throwable> failures = new ConcurrentHashMap<>();

    LoopbackCluster(Path directory, int members, UnaryOperator<RaftOptions> settings) throws IOException {
        this.directory = directory;
        this.settings = settings;
        for (int i = 1; i <= members; i++) {
            peers.add(new Peer("n" + i, "127.0.0.1", freePort()));
        }
    }

    static LoopbackCluster started(Path directory, int members) throws IOException {
        return started(directory, members, options -> options);
    }

    static LoopbackCluster started(Path directory, int members, UnaryOperator<RaftOptions> settings)
            throws IOException {
        LoopbackCluster cluster = new LoopbackCluster(directory, members, settings);
        for (Peer peer : cluster.peers) {
            cluster.start(peer.id());
        }
        return cluster;
    }

    RaftGroupNode start(String id) throws IOException {
        RecordingState state = new RecordingState();
        RaftOptions options = settings.apply(RaftOptions.of(id, GROUP, peers, directory(id))
                .withBindHost("127.0.0.1")
                .withElectionTimeout(Duration.ofMillis(300))
                .withMaxEntryBytes(1 << 20)
                .withSegmentBytes(4 << 20));
        RaftGroupNode node = RaftGroupNode.start(options, state, failure -> failures.put(id, failure));
        states.put(id, state);
        running.put(id, node);
        return node;
    }

    void stop(String id) throws IOException {
        requireNonNull(running.remove(id), id).close();
    }

    Path directory(String id) {
        return directory.resolve(id);
    }

    Path groupDirectory(String id) {
        return directory(id).resolve(GROUP.toString());
    }

    List<String> ids() {
        return peers.stream().map(Peer::id).toList();
    }

    RaftGroupNode node(String id) {
        return requireNonNull(running.get(id), id);
    }

    RecordingState state(String id) {
        return requireNonNull(states.get(id), id);
    }

    Map<String, Throwable> failures() {
        return failures;
    }

    String awaitLeader() {
        await("a leader", () -> readyLeader().isPresent());
        return readyLeader().orElseThrow();
    }

    private Optional<String> readyLeader() {
        return running.entrySet().stream()
                .filter(entry -> entry.getValue().isReadyLeader())
                .map(Map.Entry::getKey)
                .findFirst();
    }

    String aFollower() {
        String leader = awaitLeader();
        return running.keySet().stream()
                .filter(id -> !id.equals(leader))
                .sorted()
                .findFirst()
                .orElseThrow();
    }

    /** Appends through whoever leads; tries again where nothing was appended. */
    Applied submit(String text) {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (true) {
            String leader = awaitLeader();
            try {
                return node(leader)
                        .submit(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)))
                        .orTimeout(DEADLINE.toSeconds(), TimeUnit.SECONDS)
                        .join();
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof SubmitException.NotLeader) || System.nanoTime() > end) {
                    throw e;
                }
            }
        }
    }

    /** Waits until every running member has applied the same commands as the leader. */
    void awaitEqual() {
        List<String> expected = state(awaitLeader()).texts();
        await(
                "equal states",
                () -> running.keySet().stream().allMatch(id -> state(id).texts().equals(expected)));
    }

    static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline for: " + what).isLessThan(end);
            try {
                TimeUnit.MILLISECONDS.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    static int freePort() throws IOException {
        return FreePorts.onLoopback(1).getFirst();
    }

    @Override
    public void close() throws IOException {
        for (String id : List.copyOf(running.keySet())) {
            stop(id);
        }
    }
}
