package io.walnut.node.config;

import io.walnut.node.config.PeerConfig.HostPort;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The members, from the file's list or from the one-line form {@code id=host:peerPort:clientPort,...} of flag and environment. */
final class PeerList {
    static final String LINE_FORM = "id=host:peerPort:clientPort,id=…";
    static final List<String> FIELDS = List.of("id", "peer-address", "client-address");
    private static final int MAX_PEERS = 15;

    private PeerList() {}

    static List<PeerConfig> parse(Map<String, Found> values) throws ConfigException {
        Found line = values.get(Settings.PEERS_KEY);
        List<PeerConfig> peers = line == null ? fromFile(values) : fromLine(line);
        if (peers.isEmpty()) {
            throw new ConfigException("cluster.peers is missing; list every member of the cluster in the file (id,"
                    + " peer-address, client-address), or set WALNUT_PEERS=" + LINE_FORM);
        }
        if (peers.size() > MAX_PEERS) {
            throw new ConfigException(
                    "cluster.peers: found " + peers.size() + " members, expected at most " + MAX_PEERS);
        }
        Set<String> ids = new HashSet<>();
        Set<HostPort> addresses = new HashSet<>();
        for (PeerConfig peer : peers) {
            if (!ids.add(peer.id())) {
                throw new ConfigException(
                        "cluster.peers: two members have the id '" + peer.id() + "'; every id must differ");
            }
            if (!addresses.add(peer.peer())) {
                throw new ConfigException(
                        "cluster.peers: two members have the peer address " + peer.peer() + "; every one must differ");
            }
        }
        return peers;
    }

    private static List<PeerConfig> fromFile(Map<String, Found> values) throws ConfigException {
        List<PeerConfig> peers = new ArrayList<>();
        for (int i = 0; ; i++) {
            String path = Settings.PEERS_KEY + "[" + i + "]";
            if (values.keySet().stream().noneMatch(key -> key.startsWith(path))) {
                return peers;
            }
            peers.add(new PeerConfig(
                    field(path + ".id", values, Settings::id),
                    field(path + ".peer-address", values, HostPort::parse),
                    field(path + ".client-address", values, HostPort::parse)));
        }
    }

    private static <T> T field(String key, Map<String, Found> values, Function<String, T> parse)
            throws ConfigException {
        @Nullable Found found = values.get(key);
        if (found == null) {
            throw new ConfigException(key + " is missing; every member needs id, peer-address and client-address");
        }
        try {
            return parse.apply(found.text());
        } catch (IllegalArgumentException e) {
            throw ConfigSources.badValue(key, found, e);
        }
    }

    private static List<PeerConfig> fromLine(Found line) throws ConfigException {
        List<PeerConfig> peers = new ArrayList<>();
        for (String member : line.text().split(",", -1)) {
            try {
                peers.add(member(member.strip()));
            } catch (IllegalArgumentException e) {
                throw ConfigSources.badValue(
                        Settings.PEERS_KEY,
                        line,
                        new IllegalArgumentException(
                                "in '" + member + "': " + e.getMessage() + "; the form is " + LINE_FORM));
            }
        }
        return peers;
    }

    private static PeerConfig member(String text) {
        int equals = text.indexOf('=');
        int last = text.lastIndexOf(':');
        if (equals < 1 || last < equals) {
            throw new IllegalArgumentException("expected id=host:peerPort:clientPort");
        }
        HostPort peer = HostPort.parse(text.substring(equals + 1, last));
        return new PeerConfig(
                Settings.id(text.substring(0, equals)),
                peer,
                new HostPort(peer.host(), Settings.port(text.substring(last + 1))));
    }
}
