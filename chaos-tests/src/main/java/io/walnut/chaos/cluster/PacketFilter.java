package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Network.Trouble;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What the packets of one node suffer: rules of nftables in the node's own network namespace, one change at a time. Takes root. Not
 * thread-safe.
 */
final class PacketFilter {
    /** What it can make. */
    static final Set<Class<? extends Trouble>> TROUBLES =
            Set.of(Trouble.Cut.class, Trouble.Reset.class, Trouble.Loss.class, Trouble.Bandwidth.class);

    private static final int SHARES = 10_000;

    /**
     * What packets of one sender, or to one receiver, suffer.
     *
     * @param incoming to the node; else from it
     * @param address of the other side
     */
    record Rule(boolean incoming, String address, Trouble trouble) {
        Rule {
            if (!can(trouble.getClass())) {
                throw new IllegalArgumentException("a packet filter cannot make this trouble: " + trouble);
            }
        }

        private String text() {
            return "    ip " + (incoming ? "saddr " : "daddr ") + address + " " + statement(trouble) + "\n";
        }
    }

    private final List<String> inside;
    private String now = script(List.of());

    /**
     * Of a namespace that has no rule of this kind.
     *
     * @param inside what a command is prefixed with to run in the namespace
     */
    PacketFilter(List<String> inside) {
        this.inside = List.copyOf(inside);
    }

    static boolean can(Class<? extends Trouble> trouble) {
        return TROUBLES.contains(trouble);
    }

    /** From now on these and no others. */
    void set(List<Rule> rules) throws IOException {
        String script = script(rules);
        if (script.equals(now)) {
            return;
        }
        List<String> command = new ArrayList<>(inside);
        command.addAll(List.of("nft", "-f", "-"));
        Commands.run(command, script);
        now = script;
    }

    /** The table is made before it is removed because it may not be there. */
    private static String script(List<Rule> rules) {
        return """
                table inet walnut
                delete table inet walnut
                table inet walnut {
                  chain incoming {
                    type filter hook input priority 0;
                %s  }
                  chain outgoing {
                    type filter hook output priority 0;
                %s  }
                }
                """.formatted(
                        text(rules.stream().filter(Rule::incoming).toList()),
                        text(rules.stream().filter(rule -> !rule.incoming()).toList()));
    }

    private static String text(List<Rule> rules) {
        StringBuilder text = new StringBuilder();
        rules.forEach(rule -> text.append(rule.text()));
        return text.toString();
    }

    private static String statement(Trouble trouble) {
        return switch (trouble) {
            case Trouble.Cut() -> "drop";
            // The answer to the other side must come through, or it would never be torn down here.
            case Trouble.Reset() -> "tcp flags & rst == 0 reject with tcp reset";
            case Trouble.Loss(double share) ->
                String.format(Locale.ROOT, "numgen random mod %d < %d drop", SHARES, Math.round(share * SHARES));
            // After a rest the kernel passes as much at once as is due in a second.
            case Trouble.Bandwidth(long bytesPerSecond) -> "limit rate over " + bytesPerSecond + " bytes/second drop";
            case Trouble.Delay _, Trouble.Duplicate _, Trouble.Corrupt _ ->
                throw new IllegalArgumentException("no rule makes this trouble: " + trouble);
        };
    }
}
