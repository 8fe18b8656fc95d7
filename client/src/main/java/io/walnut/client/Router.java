package io.walnut.client;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where to send the next call: to the node believed to lead, else to each known node in turn. Learns addresses from redirects
 * and from the cluster's own list of members. Thread-safe.
 */
final class Router {
    private final List<String> endpoints;
    private int next;
    private @Nullable String leader;

    Router(List<String> endpoints) {
        this.endpoints = new ArrayList<>(endpoints);
    }

    synchronized String target() {
        String believed = leader;
        return believed != null ? believed : endpoints.get(next % endpoints.size());
    }

    /** A node other than this one, where there is another. */
    synchronized String otherThan(String endpoint) {
        for (int i = 0; i < endpoints.size(); i++) {
            next = (next + 1) % endpoints.size();
            if (!endpoints.get(next).equals(endpoint)) {
                break;
            }
        }
        return endpoints.get(next);
    }

    /** The node has served a call that only a leader serves. */
    synchronized void leads(String endpoint) {
        leader = endpoint;
    }

    /**
     * The node could not serve.
     *
     * @param leaderAddress where it says the leader is; empty when it does not know
     * @return true when it named another node, which is worth asking at once
     */
    synchronized boolean failed(String endpoint, String leaderAddress) {
        if (!leaderAddress.isEmpty() && !leaderAddress.equals(endpoint)) {
            learn(leaderAddress);
            boolean news = !leaderAddress.equals(leader);
            leader = leaderAddress;
            return news;
        }
        if (endpoint.equals(leader)) {
            leader = null;
        }
        if (endpoints.get(next % endpoints.size()).equals(endpoint) || leader == null) {
            next = (next + 1) % endpoints.size();
        }
        return false;
    }

    /** What cannot be connected to is not worth a turn. */
    synchronized void learn(String endpoint) {
        if (Endpoints.isUsable(endpoint) && !endpoints.contains(endpoint)) {
            endpoints.add(endpoint);
        }
    }

    /** There is no other node to go on at. */
    synchronized boolean knowsNoneBut(String endpoint) {
        return endpoints.equals(List.of(endpoint));
    }

    synchronized int size() {
        return endpoints.size();
    }
}
