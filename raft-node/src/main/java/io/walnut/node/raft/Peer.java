package io.walnut.node.raft;

import java.util.Objects;

/**
 * A member of the group, as the other members reach it.
 *
 * @param id unique in the group and never given to a member with another disk
 * @param host name or address of the peer port; a name is resolved at each connection
 * @param port 1..65535
 */
public record Peer(String id, String host, int port) {
    public Peer {
        if (id.isBlank()) {
            throw new IllegalArgumentException("peer id is blank");
        }
        Objects.requireNonNull(host, "host");
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("peer " + id + ": port " + port + " is not in 1..65535");
        }
    }
}
