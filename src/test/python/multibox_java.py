"""How the scripts beside this start the Java side: from what Maven built in the current folder, on the Java of JAVA_HOME or the PATH. Where
MULTIBOX_BUNDLE names the folder of a bundle (`./multibox bundle`), from that and on its own Java, which a GPU host needs nothing else for."""
import os

BUILT = "target/classes:target/test-classes:target/lib/*"


def command(main, *arguments, class_path=None):
    """The words that run a main class with MultiBox's classes, or those of `class_path`."""
    bundle = os.environ.get("MULTIBOX_BUNDLE")
    home = os.path.join(bundle, "runtime") if bundle else os.environ.get("JAVA_HOME")
    words = [os.path.join(home, "bin", "java") if home else "java", "--enable-native-access=ALL-UNNAMED", "-Djava.awt.headless=true"]
    if bundle:
        words.append("-Dmultibox.convolution=direct")  # oneDNN is not in it
    words += ["-cp", class_path or (os.path.join(bundle, "tests.jar") if bundle else BUILT)]
    return words + [main] + [str(argument) for argument in arguments]
