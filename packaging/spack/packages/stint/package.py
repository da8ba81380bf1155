# stint for Spack, from a checkout: spack repo add packaging/spack; in an environment, spack develop --path $PWD stint@main; spack install
# Untried: no Spack where this was written. Spack 1.0 keeps the build systems in spack_repo.builtin; earlier ones in spack.package.

from spack.package import *

try:
    from spack_repo.builtin.build_systems.cmake import CMakePackage
except ImportError:
    pass


class Stint(CMakePackage):
    """Lattice phi^4 by HMC, and stochastic interpolants (arXiv:2508.04605) that learn from its configurations."""

    license("Apache-2.0")

    version("main")  # of a checkout: spack develop --path FOLDER stint@main

    variant("learning", default=True, description="The commands train and sample, with LibTorch")
    variant("cuda", default=False, when="+learning", description="--device cuda")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("mpi")
    depends_on("hdf5@1.10.7:+mpi")
    depends_on("fftw@3: precision=float,double")
    depends_on("boost+program_options")
    depends_on("random123")
    depends_on("spdlog")
    depends_on("fmt")
    depends_on("nlohmann-json")
    depends_on("zlib-api")
    depends_on("py-torch@2.6:+distributed", when="+learning")
    depends_on("py-torch+cuda", when="+cuda")

    conflicts("%gcc@:11", msg="stint needs C++20 of g++ 12 or later")

    generator("ninja")

    def cmake_args(self):
        args = [
            self.define("STINT_TESTS", False),
            self.define("STINT_BENCH", False),
            self.define("STINT_WERROR", False),
            self.define_from_variant("STINT_LIBTORCH", "learning"),
            self.define_from_variant("STINT_CUDA", "cuda"),
        ]
        if self.spec.satisfies("+learning"):
            # The folder that holds include/torch and lib/libtorch_cpu.so, inside Python's packages.
            args.append(self.define("LibTorch_ROOT", join_path(python_platlib, "torch")))
        return args
