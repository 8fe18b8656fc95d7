package io.walnut.node.config;

/**
 * A member of the cluster.
 *
 * @param id its node id
 * @param peer where the other nodes reach it
 * @param client where clients reach it
 */
public record PeerConfig(String id, HostPort peer, HostPort client) {

    /** A host name or address, IPv6 in brackets, and a port. */
    public record HostPort(String host, int port) {
        /** IllegalArgumentException that says what was expected. */
        static HostPort parse(String text) {
            int colon = text.lastIndexOf(':');
            if (colon < 1 || (text.indexOf(':') != colon && !text.startsWith("["))) {
                throw new IllegalArgumentException("expected host:port");
            }
            return new HostPort(text.substring(0, colon), Settings.port(text.substring(colon + 1)));
        }

        @Override
        public String toString() {
            return host + ":" + port;
        }
    }
}
