package io.walnut.node;

import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import io.walnut.node.config.NodeConfig;
import io.walnut.node.config.PeerConfig;
import io.walnut.node.raft.RaftGroupNode;
import io.walnut.node.raft.RaftStatus;
import io.walnut.node.rpc.GroupLogs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
 * <p>The others are asked only while something points that way: this disk is full, or commits stand still.
 */
final class StorageWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StorageWatch.class);
    private static final Duration ASK = Duration.ofMillis(1_500);
    private static final Duration TRANSFER = Duration.ofSeconds(2);

    private final RaftGroupNode group;
    private final GroupLogs logs;
    private final List<PeerConfig> others;
    private final ScheduledExecutorService timer;

    // Owned by the timer's thread.
    private long commitIndex = -1;
    private boolean refusing;

    StorageWatch(RaftGroupNode group, GroupLogs logs, NodeConfig config) {
        this.group = group;
        this.logs = logs;
        this.others = config.peers().stream()
                .filter(peer -> !peer.id().equals(config.nodeId()))
                .toList();
        this.timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("storage-watch").factory());
        Future<?> _ = timer.scheduleWithFixedDelay(this::check, 1, 1, TimeUnit.SECONDS);
    }

    private void check() {
        try {
            if (!group.isReadyLeader()) {
                refuse("");
                return;
            }
            RaftStatus status = group.status();
            boolean stalled = status.commitIndex() < status.lastIndex() && status.commitIndex() == commitIndex;
            commitIndex = status.commitIndex();
            boolean full = group.storageFull().isPresent();
            if (full || stalled || refusing) {
                act(status.nodeId(), full);
            }
        } catch (RuntimeException e) {
            LOG.warn("looking after full disks failed; it is done again", e);
        }
    }

    private void act(String self, boolean full) {
        var withoutRoom = new ArrayList<String>();
        Set<String> withRoom = new HashSet<>();
        if (full) {
            withoutRoom.add(self);
        }
        for (PeerConfig other : others) {
            try (Walnut asking = Walnut.builder()
                    .endpoints(other.client().toString())
                    .deadline(ASK)
                    .build()) {
                if (asking.status(other.client().toString()).storageFull()) {
                    withoutRoom.add(other.id());
                } else {
                    withRoom.add(other.id());
                }
            } catch (WalnutException e) {
                LOG.debug("{} does not say whether it has room", other.id(), e);
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
        if (full && !withRoom.isEmpty()) {
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
    }
}
