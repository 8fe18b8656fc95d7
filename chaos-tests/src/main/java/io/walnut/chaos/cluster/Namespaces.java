package io.walnut.chaos.cluster;

import java.io.IOException;
import java.net.NetworkInterface;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Network namespaces of this machine, one for each node, on one bridge; the machine itself is on the bridge, too, which is how
 * clients come in. Takes root.
 *
 * <pre>
 *   this machine         MARK-hub            MARK-n1
 *   MARK .254  --------  host  ) bridge
 *                        n1    )  ---------  eth0 .1
 * </pre>
 *
 * The bridge has a namespace of its own because the machine's filter, such as Docker's, would apply to what crosses it.
 */
final class Namespaces {
    /** For tests of networks, by RFC 2544: nobody's. */
    private static final int FIRST_NETWORK = 198 * 256 + 18;

    private static final int NETWORKS = 512;

    private final Mark mark;
    private final String network;

    private Namespaces(Mark mark, String network) {
        this.mark = mark;
        this.network = network;
    }

    /** Made, connected and up. What was made before a failure is for {@link Leftovers} to remove. */
    static Namespaces make(Mark mark, List<String> nodes) throws IOException {
        Namespaces made = new Namespaces(mark, freeNetwork());
        StringBuilder machine = new StringBuilder("netns add " + made.hub() + "\n");
        StringBuilder hub = new StringBuilder("""
                link add bridge type bridge
                link set host master bridge
                link set host up
                link set bridge up
                """);
        machine.append("link add %s type veth peer name host netns %s%n".formatted(mark.name(), made.hub()));
        for (String node : nodes) {
            machine.append("netns add %s%n".formatted(made.namespace(node)));
            machine.append("link add %s netns %s type veth peer name eth0 netns %s%n"
                    .formatted(node, made.hub(), made.namespace(node)));
            hub.append("link set %s master bridge%nlink set %s up%n".formatted(node, node));
        }
        batch(List.of("ip"), machine + up(mark.name(), made.clients()));
        batch(List.of("ip", "-n", made.hub()), hub.toString());
        for (int i = 0; i < nodes.size(); i++) {
            batch(List.of("ip", "-n", made.namespace(nodes.get(i))), "link set lo up\n" + up("eth0", made.address(i)));
        }
        return made;
    }

    private static void batch(List<String> ip, String lines) throws IOException {
        Commands.run(Stream.concat(ip.stream(), Stream.of("-batch", "-")).toList(), lines);
    }

    /** Packets as they are on a wire: what is lost, or too much, is a packet and not the 64 KB that the kernel likes to pass on. */
    private static String up(String link, String address) {
        return """
                link set %1$s gso_max_segs 1
                addr add %2$s/24 dev %1$s
                link set %1$s up
                """.formatted(link, address);
    }

    private static String freeNetwork() throws IOException {
        Set<String> taken = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .map(address -> address.getHostAddress().replaceFirst("\\d+$", ""))
                .collect(Collectors.toSet());
        int first = (int) (ProcessHandle.current().pid() % NETWORKS);
        for (int i = 0; i < NETWORKS; i++) {
            int number = (first + i) % NETWORKS + FIRST_NETWORK * 256;
            String network = "%d.%d.%d.".formatted(number >> 16, number >> 8 & 0xFF, number & 0xFF);
            if (!taken.contains(network)) {
                return network;
            }
        }
        throw new IOException("all networks of 198.18.0.0/15 are in use on this machine; take some back");
    }

    private String hub() {
        return namespace("hub");
    }

    private String namespace(String node) {
        return mark.name() + "-" + node;
    }

    /** Of the node at this place in the list. */
    String address(int index) {
        return network + (index + 1);
    }

    /** Of all clients. */
    String clients() {
        return network + "254";
    }

    /** What a command is prefixed with to run on a node's network; its file systems are those of everybody. */
    List<String> inside(String node) {
        // Not `ip netns exec`: that makes a copy of all mounts, in which the disk of another node would stay mounted.
        return List.of("nsenter", "--net=/run/netns/" + namespace(node));
    }
}
