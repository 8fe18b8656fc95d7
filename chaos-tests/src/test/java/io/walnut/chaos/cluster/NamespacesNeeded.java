package io.walnut.chaos.cluster;

import static org.assertj.core.api.Assertions.fail;

import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** For tests that need networks and disks of their own. */
public final class NamespacesNeeded {
    private NamespacesNeeded() {}

    /** Skips the test aloud where this machine lacks something, and fails it where {@code CI=true}. */
    public static void check() {
        Optional<String> missing = new NamespaceCluster.Kind().missing();
        if (missing.isEmpty()) {
            return;
        }
        String text = "THE TESTS ON NETWORKS AND DISKS OF THEIR OWN CANNOT RUN: " + missing.get();
        if ("true".equals(System.getenv("CI"))) {
            fail(text);
        }
        System.err.println("\n*** " + text + "\n");
        Assumptions.abort(text);
    }
}
