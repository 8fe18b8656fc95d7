package io.walnut.node.raft;

import io.walnut.node.local.FreePorts;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.ConcurrentHistogram;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Ratis does as it comes: its own log, its own client, its default keys, a record an entry, a state machine that does
 * nothing; three servers and the load in one JVM, which spares them the processes that Walnut runs in. A benchmark and no test:
 * its name keeps it out of the build.
 *
 * <pre>{@code mvn -pl raft-node -am test -Dtest=StockRatisBench -Dsurefire.failIfNoSpecifiedTests=false}</pre>
 */
class StockRatisBench {
    private static final long WARM_UP_SECONDS = 30;
    private static final long SECONDS = 10;

    @TempDir
    Path directory;

    @Test
    void measure() throws Exception {
        List<RaftPeer> peers = List.of(peer("n1"), peer("n2"), peer("n3"));
        RaftGroup group = RaftGroup.valueOf(RaftGroupId.valueOf(UUID.randomUUID()), peers);
        List<RaftServer> servers =
                peers.stream().map(peer -> server(peer, group)).toList();
        for (RaftServer server : servers) {
            server.start();
        }
        RaftProperties properties = new RaftProperties();
        RaftClientConfigKeys.Async.setOutstandingRequestsMax(properties, 1_000);
        try (RaftClient client = RaftClient.newBuilder()
                .setProperties(properties)
                .setRaftGroup(group)
                .build()) {
            // Waits for a leader: it spares the log a thousand refusals.
            client.io().send(Message.EMPTY);
            run(client, 100, 100, WARM_UP_SECONDS);
            System.out.println(run(client, 100, 1_000, SECONDS));
            System.out.println(run(client, 1_024, 1_000, SECONDS));
            System.out.println(run(client, 100, 1, SECONDS));
            System.out.println(run(client, 1_024, 1, SECONDS));
        } finally {
            for (RaftServer server : servers) {
                server.close();
            }
        }
    }

    private static String run(RaftClient client, int bytes, int inFlight, long seconds) throws InterruptedException {
        Message record = Message.valueOf(ByteString.copyFrom(new byte[bytes]));
        ConcurrentHistogram micros = new ConcurrentHistogram(TimeUnit.MINUTES.toMicros(1), 3);
        AtomicLong failed = new AtomicLong();
        Semaphore room = new Semaphore(inFlight);
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(seconds)) {
            room.acquire();
            long sent = System.nanoTime();
            CompletableFuture<?> _ = client.async().send(record).whenComplete((reply, failure) -> {
                if (failure != null || !reply.isSuccess()) {
                    failed.incrementAndGet();
                } else {
                    micros.recordValue(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - sent));
                }
                room.release();
            });
        }
        room.acquire(inFlight);
        double took = (System.nanoTime() - begin) / 1e9;
        return String.format(
                Locale.ROOT,
                "stock Ratis: append, %d B, %d in flight: %.0f/s, p50 %d us, p99 %d us, p99.9 %d us, %d errors",
                bytes,
                inFlight,
                micros.getTotalCount() / took,
                micros.getValueAtPercentile(50),
                micros.getValueAtPercentile(99),
                micros.getValueAtPercentile(99.9),
                failed.get());
    }

    private static RaftPeer peer(String id) throws IOException {
        return RaftPeer.newBuilder()
                .setId(id)
                .setAddress("127.0.0.1:" + FreePorts.onLoopback(1).getFirst())
                .build();
    }

    private RaftServer server(RaftPeer peer, RaftGroup group) {
        RaftProperties properties = new RaftProperties();
        File storage = directory.resolve(peer.getId().toString()).toFile();
        RaftServerConfigKeys.setStorageDir(properties, List.of(storage));
        GrpcConfigKeys.Server.setPort(
                properties, Integer.parseInt(peer.getAddress().split(":", -1)[1]));
        try {
            return RaftServer.newBuilder()
                    .setServerId(peer.getId())
                    .setGroup(group)
                    .setProperties(properties)
                    .setStateMachine(new Nothing())
                    .build();
        } catch (IOException e) {
            throw new IllegalStateException("cannot make a server", e);
        }
    }

    private static final class Nothing extends BaseStateMachine {
        @Override
        public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
            TermIndex applied = TermIndex.valueOf(transaction.getLogEntry());
            updateLastAppliedTermIndex(applied.getTerm(), applied.getIndex());
            return CompletableFuture.completedFuture(Message.EMPTY);
        }
    }
}
