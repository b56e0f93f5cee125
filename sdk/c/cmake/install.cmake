# What `cmake --install` puts under the prefix for programs in C and C++:
#
#   include/sqlrite.h                                   the C interface
#   include/sqlrite/sqlrite.h, include/sqlrite/engine/  the C++ interface and what its header includes
#   lib/libsqlrite_c.so*, lib/libsqlrite_c.a            the C library, both forms
#   lib/libsqlrite.a                                    the C++ library
#   lib/pkgconfig/sqlrite.pc                            pkg-config: sqlrite
#   lib/cmake/sqlrite/                                  find_package(sqlrite): sqlrite::c, sqlrite::c_static, sqlrite::cpp
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/include/sqlrite.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/core/include/sqlrite DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
foreach(layer base types batch)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/core/${layer} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sqlrite/engine FILES_MATCHING PATTERN "*.h")
endforeach()
install(TARGETS sqlrite_c sqlrite_c_static sqlrite EXPORT sqlrite_targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/sqlrite)
install(EXPORT sqlrite_targets NAMESPACE sqlrite:: DESTINATION ${package_folder} FILE sqlrite-targets.cmake)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/sqlrite-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/sqlrite-config.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/sqlrite-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sqlrite-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/sqlrite-config-version.cmake
  DESTINATION ${package_folder})

# The prefix is found from the place of the .pc file, so that an installed tree may be moved.
file(RELATIVE_PATH SQLRITE_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" SQLRITE_PC_PREFIX "${SQLRITE_PC_PREFIX}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/sqlrite.pc.in ${CMAKE_CURRENT_BINARY_DIR}/sqlrite.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sqlrite.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
