package io.walnut.node.raft;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that a member has come back at another address. The connections to the old one may never hear of it: a machine that lost
 * its power closes none, and TCP repeats what was sent to it for a quarter of an hour.
 */
final class PeerAddresses {
    private static final Logger LOG = LoggerFactory.getLogger(PeerAddresses.class);

    /** All addresses of a name. */
    @FunctionalInterface
    interface Resolver {
        Set<InetAddress> resolve(String host) throws UnknownHostException;
    }

    private final List<Peer> peers;
    private final Resolver resolver;
    private final Consumer<Peer> moved;
    private final Map<Peer, Set<InetAddress>> known = new HashMap<>();

    PeerAddresses(List<Peer> peers, Resolver resolver, Consumer<Peer> moved) {
        this.peers = List.copyOf(peers);
        this.resolver = resolver;
        this.moved = moved;
    }

    /** Looks each name up. By one thread at a time; may block as long as the name service lets it. */
    void check() {
        for (Peer peer : peers) {
            Set<InetAddress> now;
            try {
                now = resolver.resolve(peer.host());
            } catch (UnknownHostException e) {
                continue; // gone for now: what is open is of no use, but nothing better is known
            }
            Set<InetAddress> before = known.put(peer, now);
            if (before != null && Collections.disjoint(before, now)) {
                LOG.info("peer={} host={}: has moved from {} to {}", peer.id(), peer.host(), before, now);
                moved.accept(peer);
            }
        }
    }
}
