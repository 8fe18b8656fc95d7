package io.walnut.chaos.run;

import io.walnut.chaos.cluster.Backend;
import io.walnut.chaos.cluster.ContainerCluster;
import io.walnut.chaos.cluster.NamespaceCluster;
import io.walnut.chaos.cluster.ProcessCluster;
import io.walnut.chaos.sim.InProcessCluster;
import java.util.List;

/** All kinds of clusters. */
public final class Backends {
    private static final List<Backend> ALL = List.of(
            new ProcessCluster.Kind(),
            new NamespaceCluster.Kind(),
            new ContainerCluster.Kind(),
            new InProcessCluster.Kind());

    private Backends() {}

    public static List<Backend> all() {
        return ALL;
    }

    /**
     * The one of this name.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static Backend named(String name) {
        return ALL.stream()
                .filter(backend -> backend.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no backend '" + name + "'; there are "
                        + ALL.stream().map(Backend::name).toList()));
    }
}
