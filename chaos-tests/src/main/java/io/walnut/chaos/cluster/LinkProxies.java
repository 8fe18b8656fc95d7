package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Leads the connections between nodes with namespaces of their own through {@link LinkProxy}s, while their links have troubles that a
 * packet filter cannot make. Takes root. Not thread-safe.
 */
final class LinkProxies implements Closeable {
    private final String host;
    private final int port;
    private final Map<String, String> addresses;
    private final Function<String, List<String>> inside;
    private final Map<Link, LinkProxy> proxies = new LinkedHashMap<>();
    private long made;

    /**
     * None yet.
     *
     * @param host address of this machine that the nodes reach
     * @param port on which the nodes take each other's connections
     * @param addresses of the nodes, by id
     * @param inside what a command is prefixed with to run in the namespace of a node
     */
    LinkProxies(String host, int port, Map<String, String> addresses, Function<String, List<String>> inside) {
        this.host = host;
        this.port = port;
        this.addresses = Map.copyOf(addresses);
        this.inside = inside;
    }

    /** From now on these links between nodes and no others. */
    void set(Map<Link, Trouble> troubles) throws IOException {
        Set<Link> wanted = new HashSet<>();
        troubles.keySet().forEach(link -> {
            if (!addresses.containsKey(link.from()) || !addresses.containsKey(link.to())) {
                throw new IllegalArgumentException("only links between nodes can be delayed or corrupted, not " + link);
            }
            wanted.add(link);
            wanted.add(new Link(link.to(), link.from())); // what it sends on connections that the other one made
        });
        Set<String> changed = new HashSet<>();
        List<LinkProxy> over = new ArrayList<>();
        for (Link link : List.copyOf(proxies.keySet())) {
            if (!wanted.contains(link)) {
                over.add(proxies.remove(link));
                changed.add(link.from());
            }
        }
        for (Link link : wanted) {
            if (!proxies.containsKey(link)) {
                proxies.put(link, new LinkProxy(host, new InetSocketAddress(addresses.get(link.to()), port), made++));
                changed.add(link.from());
            }
            proxies.get(link).set(troubles.get(link), troubles.get(new Link(link.to(), link.from())));
        }
        for (String node : changed) {
            redirect(node);
        }
        for (LinkProxy proxy : over) {
            proxy.close();
        }
    }

    /** New connections only: those that there are, are torn down. */
    private void redirect(String node) throws IOException {
        StringBuilder rules = new StringBuilder();
        proxies.forEach((link, proxy) -> {
            if (link.from().equals(node)) {
                rules.append("    ip daddr %s tcp dport %d dnat to %s:%d%n"
                        .formatted(addresses.get(link.to()), port, host, proxy.port()));
            }
        });
        run(node, List.of("nft", "-f", "-"), """
                table ip walnut-links
                delete table ip walnut-links
                table ip walnut-links {
                  chain outgoing {
                    type nat hook output priority -100;
                %s  }
                }
                """.formatted(rules));
        for (Link link : proxies.keySet()) {
            if (link.from().equals(node)) {
                run(
                        node,
                        List.of("ss", "-K", "dst", addresses.get(link.to()), "dport", "=", Integer.toString(port)),
                        "");
            }
        }
    }

    private void run(String node, List<String> command, String input) throws IOException {
        List<String> whole = new ArrayList<>(inside.apply(node));
        whole.addAll(command);
        Commands.run(whole, input);
    }

    @Override
    public void close() throws IOException {
        for (LinkProxy proxy : proxies.values()) {
            proxy.close();
        }
        proxies.clear();
    }
}
