package io.walnut.node.config;

import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

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
            return new HostPort(checkHost(text.substring(0, colon)), Settings.port(text.substring(colon + 1)));
        }

        /** Nodes and clients connect by gRPC, which resolves only what is a host by RFC 2396. */
        private static String checkHost(String host) {
            try {
                if (new URI("//" + host).getHost() != null) {
                    return host;
                }
            } catch (URISyntaxException e) {
                throw notAHost(host, e);
            }
            throw notAHost(host, null);
        }

        private static IllegalArgumentException notAHost(String host, @Nullable Throwable cause) {
            return new IllegalArgumentException(
                    "'" + host + "' is not a host name; those are of letters, digits, dashes and dots (no underscores)",
                    cause);
        }

        @Override
        public String toString() {
            return host + ":" + port;
        }
    }
}
