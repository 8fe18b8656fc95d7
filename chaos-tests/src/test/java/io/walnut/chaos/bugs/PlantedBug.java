package io.walnut.chaos.bugs;

import io.walnut.chaos.fault.FaultClass;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A bug that is planted, and who must find it.
 *
 * @param name of its rules' file
 * @param faultClass what brings it to light; empty when it shows without any fault
 * @param owner who must find it
 * @param signs by any of which it is found: names of anomalies, {@link Trial}'s words for what else goes wrong
 */
record PlantedBug(String name, Optional<FaultClass> faultClass, Owner owner, Set<String> signs) {
    PlantedBug {
        signs = Set.copyOf(signs);
    }

    /** Who must find a bug. */
    sealed interface Owner permits Chaos, Suite {
        /** In a few words. */
        String text();
    }

    /**
     * Runs of a cluster, with one seed after the other.
     *
     * @param backend what the cluster is made of
     * @param faults by their names
     * @param faultEvery seconds between two; a fault lasts a third of that at most
     * @param environment of the nodes, beside that of this process
     */
    record Chaos(
            String backend,
            String workload,
            List<String> faults,
            int faultEvery,
            int seconds,
            Map<String, String> environment)
            implements Owner {
        Chaos {
            faults = List.copyOf(faults);
            environment = Map.copyOf(environment);
        }

        Chaos on(String other) {
            return new Chaos(other, workload, faults, faultEvery, seconds, environment);
        }

        Chaos doing(String other) {
            return new Chaos(backend, other, faults, faultEvery, seconds, environment);
        }

        Chaos with(int every, int time, String... named) {
            return new Chaos(backend, workload, List.of(named), every, time, environment);
        }

        Chaos in(Map<String, String> other) {
            return new Chaos(backend, workload, faults, faultEvery, seconds, other);
        }

        @Override
        public String text() {
            return "runs of " + seconds + " s, " + backend + ", " + workload
                    + (faults.isEmpty() ? ", no fault" : ", " + String.join(" ", faults));
        }
    }

    /**
     * A test class, of this module or one below it.
     *
     * @param module where its classes are
     * @param properties of its JVM
     */
    record Suite(String module, String testClass, Map<String, String> properties) implements Owner {
        Suite {
            properties = Map.copyOf(properties);
        }

        @Override
        public String text() {
            return testClass.substring(testClass.lastIndexOf('.') + 1);
        }
    }

    /** File of its rules. */
    Path rules() {
        URL file = PlantedBug.class.getResource("/bugs/" + name + ".btm");
        if (file == null) {
            throw new IllegalArgumentException("no rules of a bug '" + name + "' in src/test/resources/bugs");
        }
        try {
            return Path.of(file.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(file + " is no path", e);
        }
    }

    /** What it does, in a sentence: the comment above its rules. */
    String text() throws IOException {
        try (InputStream in = rules().toUri().toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .filter(line -> line.startsWith("# "))
                    .map(line -> line.substring(2))
                    .orElseThrow(
                            () -> new IOException(rules() + " does not begin with a comment that says what it does"));
        }
    }
}
