package io.walnut.client;

import io.walnut.protocol.v1.ErrorCode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What each node last said to a call that could not be served yet: all of it together says why. Not thread-safe. */
final class NodeFailures {
    private final Map<String, String> reasons = new LinkedHashMap<>();
    /** Nodes that could not be reached or know no leader, and nothing else, so far. */
    private boolean leaderless = true;

    private @Nullable WalnutException last;

    /** @param leaderAddress whom the node takes for the leader; empty when it did not say */
    void add(String endpoint, WalnutException failure, String leaderAddress) {
        last = failure;
        String said = String.valueOf(failure.getMessage());
        if (failure.code() == ErrorCode.ERROR_CODE_NOT_LEADER) {
            said = endpoint
                    + (leaderAddress.isEmpty() ? " knows no leader" : " takes " + leaderAddress + " for the leader");
        } else if (!said.startsWith(endpoint)) {
            // Said by a node: it was reached, and may well have a leader.
            leaderless = false;
            said = endpoint + ": " + said;
        }
        reasons.put(endpoint, said);
    }

    void clear() {
        reasons.clear();
        leaderless = true;
        last = null;
    }

    /** Null when no node has failed. */
    @Nullable
    WalnutException last() {
        return last;
    }

    /** No node that could be reached knows a leader. */
    boolean leaderless() {
        return leaderless && !reasons.isEmpty();
    }

    /** A clause for each node. */
    String reasons() {
        return reasons.isEmpty() ? "no answer" : String.join("; ", reasons.values());
    }
}
