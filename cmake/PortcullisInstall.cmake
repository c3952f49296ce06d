# `cmake --install`: the command with its man pages and completion, the libraries with their headers, the RTL, and a CMake package, so that
#   find_package(Portcullis) ... target_link_libraries(app Portcullis::tables)
# works in another project.
include(CMakePackageConfigHelpers)

get_property(libraries GLOBAL PROPERTY PORTCULLIS_LIBRARIES)
install(TARGETS ${libraries} EXPORT PortcullisTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT PortcullisTargets NAMESPACE Portcullis:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Portcullis)
if(TARGET portcullis)
  install(TARGETS portcullis RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # The command wrote these when it was built (host/cli/CMakeLists.txt).
  install(DIRECTORY ${CMAKE_BINARY_DIR}/share/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} OPTIONAL)
  install(DIRECTORY ${CMAKE_BINARY_DIR}/share/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions OPTIONAL)
  install(DIRECTORY ${CMAKE_BINARY_DIR}/share/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions OPTIONAL)
endif()

# The DPDK driver, for DPDK's `-d`; not into the folder that every DPDK program loads by itself.
if(TARGET portcullis_pmd)
  install(TARGETS portcullis_pmd LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/portcullis)
endif()

install(DIRECTORY ${CMAKE_SOURCE_DIR}/host/ ${CMAKE_SOURCE_DIR}/sim/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/portcullis FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/rtl/ DESTINATION ${CMAKE_INSTALL_DATADIR}/portcullis/rtl
  FILES_MATCHING PATTERN "*.sv" PATTERN "*.svh" PATTERN "*.f" PATTERN "*.rdl" PATTERN "*.vlt")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples/ DESTINATION ${CMAKE_INSTALL_DATADIR}/portcullis/examples)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/PortcullisConfig.cmake.in
  ${CMAKE_BINARY_DIR}/PortcullisConfig.cmake INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Portcullis)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/PortcullisConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/PortcullisConfig.cmake ${CMAKE_BINARY_DIR}/PortcullisConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Portcullis)
