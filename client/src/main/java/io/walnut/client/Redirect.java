package io.walnut.client;

import io.walnut.protocol.v1.ErrorCode;

/** What a retryable failure means for the choice of the next node. */
final class Redirect {
    /** Redirects followed without a pause; more of them means that the nodes do not agree yet. */
    static final int MAX_HOPS = 2;

    private Redirect() {}

    /** True when another node was named as the leader: ask it at once. */
    static boolean after(
            WalnutException failure, String leaderAddress, String endpoint, Router router, Transport transport) {
        if (failure.code() == ErrorCode.ERROR_CODE_OVERLOADED
                || failure.code() == ErrorCode.ERROR_CODE_STORAGE_FULL
                || failure.code() == ErrorCode.ERROR_CODE_CHECKSUM_MISMATCH) {
            // The right node, the wrong moment.
            return false;
        }
        if (leaderAddress.isEmpty()) {
            transport.failed(endpoint);
        }
        return router.failed(endpoint, leaderAddress);
    }
}
