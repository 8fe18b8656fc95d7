package io.walnut.chaos.fault;

import java.util.List;
import java.util.stream.Stream;

/** All that can go wrong. */
public final class Faults {
    private static final List<Fault> ALL = Stream.of(
                    KillFault.all(),
                    LeaderStormFault.all(),
                    PauseFault.all(),
                    TerminateFault.all(),
                    RollingRestartFault.all(),
                    PartitionFault.all(),
                    LinkFault.all(),
                    MessageFault.all(),
                    DiskFullFault.all(),
                    PowerCutFault.all(),
                    PowerCutAtElectionFault.all())
            .flatMap(List::stream)
            .toList();

    private Faults() {}

    public static List<Fault> all() {
        return ALL;
    }

    /**
     * Those of these names; a name without its last part, such as {@code kill}, stands for all that begin with it and a dash.
     *
     * @throws IllegalArgumentException for a name that stands for none
     */
    public static List<Fault> named(List<String> names) {
        return names.stream()
                .flatMap(name -> matching(name).stream())
                .distinct()
                .toList();
    }

    private static List<Fault> matching(String name) {
        List<Fault> found = ALL.stream()
                .filter(fault -> fault.name().equals(name) || fault.name().startsWith(name + "-"))
                .toList();
        if (found.isEmpty()) {
            throw new IllegalArgumentException("no fault '" + name + "'; there are "
                    + ALL.stream().map(Fault::name).toList());
        }
        return found;
    }
}
