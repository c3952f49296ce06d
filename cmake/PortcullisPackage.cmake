# A Debian package of everything that `cmake --install` installs: `cpack -G DEB` in the folder of a whole build.
# Dependencies are those that dpkg-shlibdeps finds, so the package is for the release that it was built on. A driver built against DPDK needs the DPDK of that release.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME portcullis)
set(CPACK_PACKAGE_VENDOR "Portcullis")
set(CPACK_PACKAGE_CONTACT "Portcullis developers <portcullis@localhost.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION "A compiler from port documents to TCAM and range-match tables, a proof that the tables do what the documents say, a cycle-accurate
model of the NIC that they run on, its RTL, and a DPDK driver.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
# The libraries and headers in it are for whoever links them.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "g++, cmake, libfmt-dev, nlohmann-json3-dev")
include(CPack)
