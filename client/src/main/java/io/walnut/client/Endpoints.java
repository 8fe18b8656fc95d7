package io.walnut.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Reads {@code host:port,host:port}; {@code [v6]:port} and a missing port (7420) are understood. */
final class Endpoints {
    static final int DEFAULT_PORT = 7420;

    private Endpoints() {}

    static List<String> parse(String text) {
        List<String> endpoints = new ArrayList<>();
        for (String part : Objects.requireNonNull(text, "endpoints").split(",", -1)) {
            String endpoint = part.strip();
            if (!endpoint.isEmpty()) {
                String normal = normal(endpoint);
                if (!endpoints.contains(normal)) {
                    endpoints.add(normal);
                }
            }
        }
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("no endpoint given; expected host:port,host:port");
        }
        return List.copyOf(endpoints);
    }

    private static String normal(String endpoint) {
        int colon = endpoint.lastIndexOf(':');
        boolean bareV6 = endpoint.indexOf(':') != colon && !endpoint.startsWith("[");
        if (bareV6) {
            throw new IllegalArgumentException("endpoint '" + endpoint + "': write an IPv6 address as [address]:port");
        }
        if (colon < 0 || endpoint.endsWith("]")) {
            return checkHost(endpoint + ":" + DEFAULT_PORT);
        }
        String port = endpoint.substring(colon + 1);
        if (colon == 0
                || !port.matches("[0-9]{1,5}")
                || Integer.parseInt(port) < 1
                || Integer.parseInt(port) > 65_535) {
            throw new IllegalArgumentException(
                    "endpoint '" + endpoint + "': expected host:port with a port of 1 to 65535");
        }
        return checkHost(endpoint);
    }

    private static String checkHost(String endpoint) {
        if (!isUsable(endpoint)) {
            throw new IllegalArgumentException("endpoint '" + endpoint + "': '"
                    + endpoint.substring(0, endpoint.lastIndexOf(':'))
                    + "' is not a host name; those are of letters, digits, dashes and dots (no underscores)");
        }
        return endpoint;
    }

    /** Whether the transport takes it: gRPC resolves only what is a host by RFC 2396. */
    static boolean isUsable(String endpoint) {
        try {
            URI uri = new URI("//" + endpoint);
            return uri.getHost() != null && uri.getPort() > 0;
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
