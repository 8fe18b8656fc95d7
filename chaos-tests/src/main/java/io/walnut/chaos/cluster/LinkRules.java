package io.walnut.chaos.cluster;

import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What links suffer by several causes, and who is to make them suffer it. Not thread-safe. */
final class LinkRules {
    private final Map<String, String> addresses;
    private final Map<String, Map<Link, Trouble>> causes = new LinkedHashMap<>();

    /**
     * Nothing yet.
     *
     * @param addresses of the nodes, by id, and of {@link Network#CLIENTS}
     */
    LinkRules(Map<String, String> addresses) {
        this.addresses = Map.copyOf(addresses);
    }

    void clear() {
        causes.clear();
    }

    /** In place of what it was the cause of before; what cannot be is refused before anything is changed. */
    void set(String cause, Map<Link, Trouble> troubles) {
        troubles.forEach((link, trouble) -> {
            boolean nodes = !link.from().equals(Network.CLIENTS) && !link.to().equals(Network.CLIENTS);
            if (!addresses.containsKey(link.from())
                    || !addresses.containsKey(link.to())
                    || link.from().equals(link.to())) {
                throw new IllegalArgumentException("there is no link " + link + "; the ends are " + addresses.keySet());
            }
            if (!PacketFilter.can(trouble.getClass()) && !(nodes && LinkProxy.can(trouble.getClass()))) {
                throw new IllegalArgumentException("the link " + link + " cannot have this: " + trouble);
            }
        });
        if (troubles.isEmpty()) {
            causes.remove(cause);
        } else {
            causes.put(cause, Map.copyOf(troubles));
        }
    }

    /** For the filter of a node: who receives has the rule, and of what clients receive, who sends; theirs is not to be meddled with. */
    List<PacketFilter.Rule> filters(String node) {
        List<PacketFilter.Rule> rules = new ArrayList<>();
        for (Map<Link, Trouble> troubles : causes.values()) {
            troubles.forEach((link, trouble) -> {
                boolean incoming = !link.to().equals(Network.CLIENTS);
                String other = incoming ? link.from() : link.to();
                if (node.equals(incoming ? link.to() : link.from()) && PacketFilter.can(trouble.getClass())) {
                    rules.add(new PacketFilter.Rule(incoming, address(other), trouble));
                }
            });
        }
        return rules;
    }

    private String address(String id) {
        return addresses.getOrDefault(id, "");
    }

    /**
     * For the proxies; one trouble a link. Not of links that have something for a filter: packets that go through a proxy come from
     * its address, and the filter would let them pass.
     */
    Map<Link, Trouble> proxies() {
        Map<Link, Trouble> found = new HashMap<>();
        causes.values()
                .forEach(troubles -> troubles.forEach((link, trouble) -> {
                    if (LinkProxy.can(trouble.getClass())) {
                        found.put(link, trouble);
                    }
                }));
        causes.values()
                .forEach(troubles -> troubles.forEach((link, trouble) -> {
                    if (PacketFilter.can(trouble.getClass())) {
                        found.remove(link);
                        found.remove(new Link(link.to(), link.from()));
                    }
                }));
        return found;
    }
}
