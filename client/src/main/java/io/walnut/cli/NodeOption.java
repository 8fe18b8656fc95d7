package io.walnut.cli;

import io.walnut.client.LogInfo;
import io.walnut.client.ReadOptions;
import io.walnut.client.Walnut;
import java.util.Optional;
import picocli.CommandLine.Option;

/** {@code --node}: what every verb understands that reads, a mixin. */
final class NodeOption {
    @Option(
            names = "--node",
            paramLabel = "HOST:PORT",
            description = "Ask only this node, for what it has applied, however old (default: everything acknowledged,"
                    + " from any node, going on at another when it fails).")
    Optional<String> node;

    /** With a node, it alone is known to the client, and no other needs to be named. */
    Walnut connect(ClientOptions client, Terminal terminal) {
        node.ifPresent(only -> client.endpoints = only);
        return client.connect(terminal);
    }

    LogInfo describe(Walnut walnut, String log) {
        return node.map(only -> walnut.describe(log, only)).orElseGet(() -> walnut.describe(log));
    }

    ReadOptions pin(ReadOptions options) {
        return node.map(options::at).orElse(options);
    }
}
