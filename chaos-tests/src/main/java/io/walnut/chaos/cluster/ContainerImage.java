package io.walnut.chaos.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The image of the product, made by the Docker engine of this machine from the distribution that the build has packed. */
public final class ContainerImage {
    public static final String NAME = "walnut:test";

    /** Without these Testcontainers starts containers of images that it first fetches, which takes a registry. */
    private static final List<String> VARIABLES =
            List.of("TESTCONTAINERS_RYUK_DISABLED", "TESTCONTAINERS_CHECKS_DISABLE");

    private ContainerImage() {}

    /** What is missing for clusters of containers, or empty when nothing is. Must run before Testcontainers is touched. */
    public static Optional<String> missing() {
        if (!Commands.onPath("docker")) {
            return Optional.of(
                    "there is no 'docker' on the PATH; deploy/docker/ensure-engine.sh installs and starts an engine");
        }
        String version;
        try {
            version = Commands.run("docker", "version", "--format", "{{.Server.APIVersion}}");
        } catch (IOException e) {
            return Optional.of(
                    "no Docker engine answers (" + e.getMessage() + "); deploy/docker/ensure-engine.sh starts one");
        }
        for (String variable : VARIABLES) {
            if (!"true".equals(System.getenv(variable))) {
                return Optional.of(
                        "the variable " + variable + " is not 'true': no image can be fetched everywhere, and"
                                + " the harness removes what it made by itself; ./walnut sets it");
            }
        }
        Path deploy = deploy();
        if (deploy == null) {
            return Optional.of("deploy/docker/build-image.sh is in no folder above "
                    + Path.of("").toAbsolutePath() + "; run this in a checkout, or name it with -Dwalnut.checkout=DIR");
        }
        if (!hasDistribution(deploy)) {
            return Optional.of("deploy/target holds no distribution to make the image from; `mvn package` packs it");
        }
        // Else Testcontainers asks for a version of the API that older engines refuse.
        System.setProperty("api.version", version);
        return Optional.empty();
    }

    /** Builds {@link #NAME} from that distribution; quick when it has not changed. */
    public static void build() throws IOException {
        Path deploy = deploy();
        if (deploy == null) {
            throw new IOException("deploy/docker/build-image.sh was not found");
        }
        Commands.run(deploy.resolve("docker/build-image.sh").toString(), NAME);
    }

    private static boolean hasDistribution(Path deploy) {
        Path target = deploy.resolve("target");
        if (!Files.isDirectory(target)) {
            return false;
        }
        try (Stream<Path> files = Files.find(target, 4, (path, attributes) -> path.endsWith("bin/walnut"))) {
            return files.findAny().isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    /** The first folder of that name above, with what makes the image. */
    private static @Nullable Path deploy() {
        Path from = Path.of(System.getProperty("walnut.checkout", "")).toAbsolutePath();
        for (Path at = from; at != null; at = at.getParent()) {
            Path deploy = at.resolve("deploy");
            if (Files.exists(deploy.resolve("docker/build-image.sh"))) {
                return deploy;
            }
        }
        return null;
    }
}
