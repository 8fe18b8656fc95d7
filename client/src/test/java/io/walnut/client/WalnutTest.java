package io.walnut.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.walnut.protocol.v1.ClusterServiceGrpc;
import io.walnut.protocol.v1.StatusRequest;
import io.walnut.protocol.v1.StatusResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WalnutTest {
    private final FakeCluster cluster = new FakeCluster(3);
    private final Walnut client =
            cluster.client().deadline(Duration.ofSeconds(10)).build();

    @AfterEach
    void close() {
        client.close();
        cluster.close();
    }

    /** The example of README.md, but for the connection. */
    @Test
    void theExampleOfTheReadmeWorks() {
        List<String> printed = new ArrayList<>();
        try (Walnut walnut = cluster.client().build()) {
            walnut.createLogIfAbsent("orders");
            Appended appended = walnut.append("orders", Record.of("hello".getBytes(UTF_8)));
            printed.add("offset " + appended.firstOffset() + " is on the disks of a majority");
            try (LogReader reader = walnut.read("orders", 0)) {
                for (StoredRecord record : reader) {
                    printed.add(record.offset() + " " + new String(record.value(), UTF_8));
                }
            }
        }
        assertThat(printed).containsExactly("offset 0 is on the disks of a majority", "0 hello");
    }

    @Test
    void keysHeadersAndEmptyValuesComeBackAsTheyWere() {
        client.createLog("log");
        client.append(
                "log",
                Record.of(new byte[0], "a".getBytes(UTF_8)),
                Record.of(new byte[0]),
                Record.of("k".getBytes(UTF_8), new byte[300])
                        .withHeaders(Header.of("trace", "x".repeat(200).getBytes(UTF_8)), Header.of("", new byte[0])));
        try (LogReader reader = client.read("log", 0)) {
            StoredRecord first = Objects.requireNonNull(reader.next());
            assertThat(first.key()).hasValueSatisfying(key -> assertThat(key).isEmpty());
            assertThat(first.value()).isEqualTo("a".getBytes(UTF_8));
            StoredRecord second = Objects.requireNonNull(reader.next());
            assertThat(second.key()).isEmpty();
            assertThat(second.value()).isEmpty();
            StoredRecord third = Objects.requireNonNull(reader.next());
            assertThat(third.value()).hasSize(300);
            assertThat(third.headers()).hasSize(2);
            assertThat(third.headers().get(0).name()).isEqualTo("trace");
            assertThat(third.headers().get(0).value()).hasSize(200);
            assertThat(reader.next()).isNull();
        }
    }

    @Test
    void logsAreListedOverSeveralPagesSealedTrimmedAndDeleted() {
        for (int i = 0; i < 5; i++) {
            client.createLog("log" + i);
        }
        assertThat(client.list().stream().map(LogInfo::name)).containsExactly("log0", "log1", "log2", "log3", "log4");
        client.append("log0", Record.of("a".getBytes(UTF_8)), Record.of("b".getBytes(UTF_8)));
        assertThat(client.trim("log0", 1).startOffset()).isEqualTo(1);
        assertThat(client.seal("log0").sealed()).isTrue();
        assertThat(client.describe("log0").endOffset()).isEqualTo(2);
        client.delete("log1");
        assertThatThrownBy(() -> client.describe("log1")).isInstanceOf(WalnutException.LogNotFound.class);
        assertThat(client.createLogIfAbsent("log2").name()).isEqualTo("log2");
        assertThatThrownBy(() -> client.createLog("log2")).isInstanceOf(WalnutException.LogExists.class);
    }

    @Test
    void aRepeatedChangeLeavesALaterLogOfTheSameNameAlone() {
        Runnable replace = () -> {
            try (Walnut other = cluster.client().build()) {
                if (other.list().stream().anyMatch(log -> log.name().equals("log"))) {
                    other.delete("log");
                }
                other.createLog("log");
                other.append("log", Record.of("acknowledged".getBytes(UTF_8)));
            }
        };
        for (Runnable change : List.<Runnable>of(
                () -> client.delete("log"),
                () -> assertGone(() -> client.trim("log", 1)),
                () -> assertGone(() -> client.seal("log")))) {
            client.createLogIfAbsent("log");
            client.append("log", Record.of("old".getBytes(UTF_8)));
            cluster.loseAnAnswer(replace);

            change.run();

            assertThat(cluster.values("log")).containsExactly("acknowledged");
            assertThat(client.describe("log").startOffset()).isZero();
            assertThat(client.describe("log").sealed()).isFalse();
        }
    }

    private static void assertGone(ThrowingCallable change) {
        assertThatThrownBy(change)
                .isInstanceOfSatisfying(
                        WalnutException.LogNotFound.class,
                        failure -> assertThat(failure.mayHaveBeenApplied()).isTrue());
    }

    @Test
    void aRepeatedDeleteOfALogThatIsGoneIsDone() {
        client.createLog("log");
        cluster.loseAnAnswer(() -> {});

        client.delete("log");

        assertThat(client.list()).isEmpty();
    }

    @Test
    void aCreateWhoseAnswerWasLostDoesNotClaimTheLogForItself() {
        cluster.loseAnAnswer(() -> {});
        assertThatThrownBy(() -> client.createLog("log"))
                .isInstanceOfSatisfying(
                        WalnutException.LogExists.class,
                        failure -> assertThat(failure.mayHaveBeenApplied()).isTrue());
        cluster.loseAnAnswer(() -> {});
        assertThat(client.createLogIfAbsent("log").name()).isEqualTo("log");
    }

    @Test
    void callsFollowTheLeader() {
        client.createLog("a");
        cluster.leader("n3:7420");
        client.createLog("b");
        cluster.kill("n1:7420");
        cluster.kill("n2:7420");
        client.createLog("c");
        assertThat(client.list()).hasSize(3);
        assertThat(client.status().members()).hasSize(3);
        assertThat(client.status("n3:7420").nodeId()).isEqualTo("n3:7420");
    }

    @Test
    void withoutAnyNodeTheDeadlineEndsTheCallAndNothingWasApplied() {
        for (String node : List.of("n1:7420", "n2:7420", "n3:7420")) {
            cluster.kill(node);
        }
        try (Walnut hasty = cluster.client().deadline(Duration.ofMillis(300)).build()) {
            assertThatThrownBy(() -> hasty.createLog("log"))
                    .isInstanceOfSatisfying(WalnutException.Unavailable.class, failure -> {
                        assertThat(failure.retryable()).isTrue();
                        assertThat(failure.mayHaveBeenApplied()).isFalse();
                    });
            assertThatThrownBy(() -> hasty.append("log", Record.of(new byte[1])))
                    .isInstanceOfSatisfying(
                            WalnutException.Unavailable.class,
                            failure -> assertThat(failure.mayHaveBeenApplied()).isFalse());
            assertThatThrownBy(() -> hasty.read("log", 0).next()).isInstanceOf(WalnutException.Unavailable.class);
        }
    }

    @Test
    void oneEndpointIsEnoughToLearnTheOthers() throws Exception {
        try (Walnut one = Walnut.builder()
                .endpoints("n1:7420")
                .channels(cluster::channel)
                .deadline(Duration.ofSeconds(10))
                .build()) {
            one.createLog("log");
            Await.until(() -> one.knownNodes() == 3);
            cluster.leader("n2:7420");
            cluster.kill("n1:7420");
            assertThat(one.append("log", Record.of(new byte[1])).firstOffset()).isZero();
        }
    }

    @Test
    void aLeaderAddressThatCannotBeUsedEndsNoCallButByItsDeadline() {
        client.createLog("log");
        cluster.leader("walnut_1:7420");
        try (Walnut hasty = Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(Duration.ofSeconds(1))
                .channels(endpoint -> endpoint.startsWith("n") ? cluster.channel(endpoint) : Transport.tcp(endpoint))
                .build()) {
            for (int i = 0; i < 2; i++) {
                CompletableFuture<Appended> future = hasty.appendAsync("log", Record.of(new byte[1]));
                assertThatThrownBy(() -> future.get(10, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(WalnutException.Unavailable.class);
                assertThatThrownBy(() -> hasty.createLog("other")).isInstanceOf(WalnutException.Unavailable.class);
            }
            cluster.leader("n2:7420");
            assertThat(hasty.append("log", Record.of(new byte[1])).firstOffset())
                    .isZero();
        }
    }

    @Test
    void aClosedClientRefusesEveryCallAndOpensNoConnection() {
        AtomicInteger opened = new AtomicInteger();
        Walnut walnut = Walnut.builder()
                .endpoints("n1:7420")
                .channels(endpoint -> {
                    opened.incrementAndGet();
                    return cluster.channel(endpoint);
                })
                .build();
        walnut.createLog("log");
        Appender appender = walnut.appender("log");
        walnut.close();
        int before = opened.get();
        Record record = Record.of(new byte[1]);
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> walnut.createLog("other"),
                () -> walnut.createLogIfAbsent("other"),
                () -> walnut.createLogAsync("other"),
                () -> walnut.createLogIfAbsentAsync("other"),
                () -> walnut.describe("log"),
                () -> walnut.describe("log", "n2:7420"),
                () -> walnut.describeAsync("log"),
                () -> walnut.describeAsync("log", "n2:7420"),
                () -> walnut.list(),
                () -> walnut.list("l"),
                () -> walnut.listAsync("l"),
                () -> walnut.seal("log"),
                () -> walnut.sealAsync("log"),
                () -> walnut.trim("log", 0),
                () -> walnut.trimAsync("log", 0),
                () -> walnut.delete("log"),
                () -> walnut.deleteAsync("log"),
                () -> walnut.status(),
                () -> walnut.statusAsync(),
                () -> walnut.status("n2:7420"),
                () -> walnut.statusAsync("n2:7420"),
                () -> walnut.append("log", record),
                () -> walnut.appendAsync("log", record),
                () -> walnut.appender("log"),
                () -> walnut.read("log", 0),
                () -> walnut.tail("log", 0))) {
            assertThatThrownBy(call).isInstanceOf(IllegalStateException.class).hasMessage("this client is closed");
        }
        assertThatThrownBy(() -> appender.add(record)).isInstanceOf(IllegalStateException.class);
        assertThat(opened).hasValue(before);
        assertThat(client.list()).extracting(LogInfo::name).containsExactly("log");
    }

    /** An IPv6 address is no path of a URI as it is. */
    @Test
    void anIpv6AddressIsConnectedTo() throws Exception {
        byte[] loopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
        Server node = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getByAddress(loopback), 0))
                .addService(new ClusterServiceGrpc.ClusterServiceImplBase() {
                    @Override
                    public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
                        answer.onNext(
                                StatusResponse.newBuilder().setNodeId("six").build());
                        answer.onCompleted();
                    }
                })
                .build()
                .start();
        try (Walnut six = Walnut.connect("[::1]:" + node.getPort())) {
            assertThat(six.status().nodeId()).isEqualTo("six");
        } finally {
            node.shutdownNow();
        }
    }

    @Test
    void endpointsAreCheckedWhenGiven() {
        assertThat(Endpoints.parse("a, b:1,,[::1]:2,a")).containsExactly("a:7420", "b:1", "[::1]:2");
        for (String bad : List.of("", ",", "a:x", "a:70000", ":1", "::1", "my_host:7420", "my host")) {
            assertThatThrownBy(() -> Endpoints.parse(bad)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
