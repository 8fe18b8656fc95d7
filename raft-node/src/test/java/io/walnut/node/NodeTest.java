package io.walnut.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.walnut.node.config.NodeConfig;
import io.walnut.node.local.FreePorts;
import io.walnut.protocol.v1.AppendRequest;
import io.walnut.protocol.v1.ClusterServiceGrpc;
import io.walnut.protocol.v1.CreateLogRequest;
import io.walnut.protocol.v1.EncodedBatch;
import io.walnut.protocol.v1.LogServiceGrpc;
import io.walnut.protocol.v1.LogServiceGrpc.LogServiceBlockingStub;
import io.walnut.protocol.v1.ReadConsistency;
import io.walnut.protocol.v1.ReadRequest;
import io.walnut.protocol.v1.ReadResponse;
import io.walnut.protocol.v1.Record;
import io.walnut.protocol.v1.RecordBatch;
import io.walnut.protocol.v1.StatusRequest;
import io.walnut.protocol.v1.StatusResponse;
import io.walnut.protocol.v1.StoredBatch;
import io.walnut.protocol.v1.TailRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three whole nodes in one process, used over their ports. */
class NodeTest {
    @TempDir
    Path directory = Path.of(".");

    private final Map<String, NodeConfig> configs = new LinkedHashMap<>();
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Map<String, ManagedChannel> channels = new LinkedHashMap<>();

    @BeforeEach
    void start() throws Exception {
        List<Integer> ports = FreePorts.onLoopback(9);
        String peers = "a=127.0.0.1:%d:%d,b=127.0.0.1:%d:%d,c=127.0.0.1:%d:%d"
                .formatted(ports.subList(0, 6).toArray());
        List<String> ids = List.of("a", "b", "c");
        for (int i = 0; i < ids.size(); i++) {
            String id = ids.get(i);
            NodeConfig config = NodeConfig.load(
                    null,
                    Map.of(),
                    Map.of(
                            "node.id",
                            id,
                            "node.data-dir",
                            directory.resolve(id).toString(),
                            "node.bind-host",
                            "127.0.0.1",
                            "cluster.id",
                            "test",
                            "cluster.peers",
                            peers,
                            "peer.port",
                            ports.get(2 * i).toString(),
                            "client.port",
                            ports.get(2 * i + 1).toString(),
                            "http.port",
                            ports.get(6 + i).toString(),
                            "wal.segment-size",
                            "16MiB"));
            configs.put(id, config);
            start(id);
            channels.put(
                    id,
                    NettyChannelBuilder.forAddress("127.0.0.1", config.ports().client())
                            .usePlaintext()
                            .build());
        }
        await(() -> nodes.values().stream().allMatch(node -> node.health().ready()));
    }

    @AfterEach
    void stop() throws Exception {
        for (ManagedChannel channel : channels.values()) {
            channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        }
        nodes.values().forEach(Node::close);
    }

    private void start(String id) throws StartException {
        nodes.put(id, Node.start(config(id), failure -> {
            throw new AssertionError(id + " has failed", failure);
        }));
    }

    private NodeConfig config(String id) {
        return Objects.requireNonNull(configs.get(id));
    }

    private Node remove(String id) {
        return Objects.requireNonNull(nodes.remove(id));
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private LogServiceBlockingStub logs(String id) {
        return LogServiceGrpc.newBlockingStub(channels.get(id)).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private StatusResponse status(String id) {
        return ClusterServiceGrpc.newBlockingStub(channels.get(id)).status(StatusRequest.getDefaultInstance());
    }

    private boolean leads(String id) {
        return status(id).getRole().equals("leader")
                && Objects.requireNonNull(nodes.get(id)).health().ready();
    }

    private String leader() throws InterruptedException {
        await(() -> nodes.keySet().stream().anyMatch(this::leads));
        return nodes.keySet().stream().filter(this::leads).findFirst().orElseThrow();
    }

    private String follower() throws InterruptedException {
        String leader = leader();
        return nodes.keySet().stream()
                .filter(id -> !id.equals(leader))
                .findFirst()
                .orElseThrow();
    }

    private static AppendRequest append(String value) {
        ByteString records = RecordBatch.newBuilder()
                .addRecords(Record.newBuilder().setValue(ByteString.copyFromUtf8(value)))
                .build()
                .toByteString();
        CRC32C crc = new CRC32C();
        crc.update(records.asReadOnlyByteBuffer());
        return AppendRequest.newBuilder()
                .setLog("log")
                .setBatch(EncodedBatch.newBuilder()
                        .setRecords(records)
                        .setCount(1)
                        .setCrc32C((int) crc.getValue()))
                .build();
    }

    private List<StoredBatch> readAll(String id) {
        List<StoredBatch> batches = new ArrayList<>();
        Iterator<ReadResponse> responses = logs(id).read(ReadRequest.newBuilder()
                .setLog("log")
                .setConsistency(ReadConsistency.READ_CONSISTENCY_LINEARIZABLE)
                .build());
        responses.forEachRemaining(response -> batches.addAll(response.getBatchesList()));
        return batches;
    }

    private void createLog() throws InterruptedException {
        assertThat(logs(leader())
                        .createLog(CreateLogRequest.newBuilder().setName("log").build())
                        .getCreated())
                .isTrue();
    }

    @Test
    void whatTheLeaderTakesEveryNodeGivesBackAndAFollowerTails() throws Exception {
        createLog();
        Iterator<ReadResponse> tail =
                logs(follower()).tail(TailRequest.newBuilder().setLog("log").build());
        assertThat(tail.next().getAtEnd()).isTrue();
        LogServiceBlockingStub leader = logs(leader());

        for (int i = 0; i < 50; i++) {
            assertThat(leader.append(append("value " + i)).getFirstOffset()).isEqualTo(i);
            assertThat(tail.next().getBatches(0).getBatch())
                    .isEqualTo(append("value " + i).getBatch());
        }

        List<StoredBatch> ofLeader = readAll(leader());
        assertThat(ofLeader).hasSize(50);
        for (String id : nodes.keySet()) {
            assertThat(readAll(id)).isEqualTo(ofLeader);
        }
    }

    @Test
    void followerSendsAppendsToTheLeader() throws Exception {
        createLog();
        String leader = leader();

        assertThatThrownBy(() -> logs(follower()).append(append("v")))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE))
                .hasMessageContaining(leader + " does");
    }

    @Test
    void orderlyStopOfTheLeaderGivesLeadershipAwayAndLosesNothing() throws Exception {
        createLog();
        String first = leader();
        assertThat(logs(first).append(append("before")).getFirstOffset()).isZero();

        Node stopped = remove(first);
        long begin = System.nanoTime();
        stopped.stop();
        assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(10));

        assertThat(logs(leader()).append(append("after")).getFirstOffset()).isEqualTo(1);
        start(first);
        await(() -> Objects.requireNonNull(nodes.get(first)).health().ready());
        assertThat(readAll(first)).hasSize(2).isEqualTo(readAll(leader()));
    }

    @Test
    void withoutAMajorityNothingIsAcknowledged() throws Exception {
        createLog();
        String leader = leader();
        for (String id : List.copyOf(nodes.keySet())) {
            if (!id.equals(leader)) {
                remove(id).close();
            }
        }

        assertThatThrownBy(() ->
                        logs(leader).withDeadlineAfter(2, TimeUnit.SECONDS).append(append("v")))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isIn(Status.Code.UNKNOWN, Status.Code.UNAVAILABLE));
    }

    @Test
    void aFollowerThatIsAloneNeitherDeniesALogNorKeepsATail() throws Exception {
        createLog();
        String alone = follower();
        TailRequest request = TailRequest.newBuilder()
                .setLog("log")
                .setConsistency(ReadConsistency.READ_CONSISTENCY_LINEARIZABLE)
                .build();
        List<Iterator<ReadResponse>> tails = new ArrayList<>();
        // Until the follower, too, has a connection to the leader.
        await(() -> {
            try {
                tails.addFirst(logs(alone).tail(request));
                return tails.getFirst().next().getAtEnd();
            } catch (StatusRuntimeException e) {
                return false;
            }
        });
        Iterator<ReadResponse> tail = tails.getFirst();
        for (String id : List.copyOf(nodes.keySet())) {
            if (!id.equals(alone)) {
                remove(id).close();
            }
        }

        assertUnavailable("has lost its leader", tail::next);
        assertUnavailable(
                "does not know log 'absent'",
                () -> logs(alone)
                        .read(ReadRequest.newBuilder().setLog("absent").build())
                        .next());
        assertUnavailable(
                "and not 1",
                () -> logs(alone)
                        .read(ReadRequest.newBuilder()
                                .setLog("log")
                                .setFromOffset(1)
                                .build())
                        .next());
    }

    private static void assertUnavailable(String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE))
                .hasMessageContaining(message);
    }

    @Test
    void portInUseAndDirectoryInUseAreNamedBeforeAnythingIsTouched() throws Exception {
        NodeConfig a = config("a");
        assertThatThrownBy(() -> Node.start(a, _ -> {}))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("client.port " + a.ports().client() + " on 127.0.0.1 cannot be listened on");

        List<Integer> ports = FreePorts.onLoopback(3);
        NodeConfig sameDirectory = NodeConfig.load(
                null,
                Map.of(),
                Map.of(
                        "node.id", "a",
                        "node.data-dir", a.dataDir().toString(),
                        "cluster.id", "test",
                        "cluster.peers", "a=127.0.0.1:%d:%d".formatted(ports.get(0), ports.get(1)),
                        "peer.port", ports.get(0).toString(),
                        "client.port", ports.get(1).toString(),
                        "http.port", ports.get(2).toString()));
        assertThatThrownBy(() -> Node.start(sameDirectory, _ -> {}))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("in use by another process");
    }

    @Test
    void metricsTellHowTheNodeStands() throws Exception {
        createLog();
        String leader = leader();
        assertThat(logs(leader).append(append("v")).getFirstOffset()).isZero();

        String text;
        try (HttpClient client = HttpClient.newHttpClient()) {
            text = client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                            + config(leader).ports().http() + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }

        assertThat(text)
                .contains("walnut_is_leader 1.0", "walnut_has_leader 1.0", "walnut_append_records_total 1.0")
                .contains("walnut_raft_term", "walnut_raft_commit_index", "walnut_raft_applied_index")
                .contains("walnut_disk_free_bytes", "walnut_build_info")
                .contains("walnut_wal_damaged_places 0.0");
        assertThat(text.lines()
                        .filter(line -> line.startsWith("# TYPE "))
                        .map(line -> line.split(" ", -1)[2])
                        .toList())
                .as("metrics that docs/OPERATIONS.md knows")
                .isNotEmpty()
                .allSatisfy(name -> assertThat(Files.readString(Path.of("../docs/OPERATIONS.md")))
                        .contains("`" + name + "`"));
    }
}
