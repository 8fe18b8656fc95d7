package io.walnut.node;

import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import io.walnut.node.config.NodeConfig;
import io.walnut.node.config.PeerConfig;
import io.walnut.node.raft.RaftGroupNode;
import io.walnut.node.rpc.GroupLogs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a leader does about full disks, its own and the others'. While a majority has room, one with room leads and the cluster
 * goes on; when it has none, appends are refused at once and with the reason instead of waiting for a majority in vain.
 *
 * <p>The others are asked all the time, and not only once commits stand still: a record that was taken and finds no room on a
 * majority is in the way of whatever comes after it. A leader that is elected then could commit nothing in its term, and serve no
 * read; nor could a trim give room back. Asked in time, they still have the rest of the segment in use and the one prepared.
 */
final class StorageWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StorageWatch.class);

    /** Often enough to learn of a full disk, as a rule, before its last prepared segment is filled. */
    private static final Duration ASK_EVERY = Duration.ofMillis(250);

    private static final Duration ASK = Duration.ofMillis(1_500);
    private static final Duration TRANSFER = Duration.ofSeconds(2);

    private final RaftGroupNode group;
    private final GroupLogs logs;
    private final List<Member> others;
    private final ScheduledExecutorService timer;

    /** By member, what it said last; one that does not answer may still be full, and is not known to have room. */
    private final Map<String, Boolean> full = new ConcurrentHashMap<>();

    // Owned by decide(), which is run by one thread at a time.
    private boolean refusing;

    private record Member(String id, String endpoint, Walnut connection) {}

    StorageWatch(RaftGroupNode group, GroupLogs logs, NodeConfig config) {
        this.group = group;
        this.logs = logs;
        this.others = config.peers().stream()
                .filter(peer -> !peer.id().equals(config.nodeId()))
                .map(StorageWatch::member)
                .toList();
        // One that does not answer keeps nobody else waiting.
        this.timer = Executors.newScheduledThreadPool(
                others.size() + 1,
                Thread.ofPlatform().daemon().name("storage-watch-", 0).factory());
        for (Member other : others) {
            every(ASK_EVERY, () -> ask(other));
        }
        every(ASK_EVERY.multipliedBy(2), this::decide);
    }

    private static Member member(PeerConfig peer) {
        String endpoint = peer.client().toString();
        return new Member(
                peer.id(),
                endpoint,
                Walnut.builder().endpoints(endpoint).deadline(ASK).build());
    }

    private void every(Duration period, Runnable task) {
        Future<?> _ = timer.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException e) {
                        LOG.warn("looking after full disks failed; it is done again", e);
                    }
                },
                period.toMillis(),
                period.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private void ask(Member other) {
        if (!group.isReadyLeader()) {
            full.remove(other.id());
            return;
        }
        try {
            full.put(other.id(), other.connection().status(other.endpoint()).storageFull());
        } catch (WalnutException e) {
            LOG.debug("{} does not say whether it has room", other.id(), e);
            full.remove(other.id(), false);
        }
    }

    private void decide() {
        if (!group.isReadyLeader()) {
            refuse("");
            return;
        }
        boolean self = group.storageFull().isPresent();
        var withoutRoom = new ArrayList<String>();
        var withRoom = new ArrayList<String>();
        if (self) {
            withoutRoom.add(group.status().nodeId());
        }
        for (Member other : others) {
            Boolean said = full.get(other.id());
            if (said != null) {
                (said ? withoutRoom : withRoom).add(other.id());
            }
        }
        int members = others.size() + 1;
        int majority = members / 2 + 1;
        if (members - withoutRoom.size() < majority) {
            refuse("the disks of " + String.join(", ", withoutRoom) + " are full, and a record needs room on "
                    + majority
                    + " of " + members
                    + " nodes; free or add room there, or trim or remove logs: what whole segments that leaves comes back within"
                    + " about ten seconds. Reads go on, and appends as soon as there is room");
            return;
        }
        refuse("");
        if (self && !withRoom.isEmpty()) {
            LOG.info("this node's disk is full and {} have room: leadership goes there", withRoom);
            group.transferLeadership(TRANSFER, withRoom::contains);
        }
    }

    private void refuse(String why) {
        if (refusing != !why.isEmpty()) {
            refusing = !why.isEmpty();
            LOG.info("{}", refusing ? "appends are refused: " + why : "appends are no longer refused for full disks");
        }
        logs.groupFull(why);
    }

    @Override
    public void close() {
        timer.shutdownNow();
        others.forEach(other -> other.connection().close());
    }
}
