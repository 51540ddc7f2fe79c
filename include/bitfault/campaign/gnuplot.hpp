// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ; // NOLINT(readability-redundant-declaration): not every libc declares it

namespace bitfault::campaign {

/// gnuplot is not there, or did not draw; with what it says.
class gnuplot_error : public std::runtime_error {
public:
  using runtime_error::runtime_error;
};

/// A text as a gnuplot script quotes it: whatever is in it stands there as it is, in labels and in
/// titles. Line ends and control characters become blanks.
inline std::string gnuplot_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "''";
    else if (static_cast<unsigned char>(c) < 0x20)
      quoted += ' ';
    else if (std::string_view("\\_^{}@&~").find(c) != std::string_view::npos)
      quoted += std::string("\\") + c; // means something in gnuplot's enhanced texts
    else
      quoted += c;
  }
  return quoted + "'";
}

/// The same for a label of an axis, which gnuplot takes for a number format.
inline std::string gnuplot_tic_label(std::string_view text) {
  std::string doubled;
  for (const char c : text)
    doubled += c == '%' ? "%%" : std::string(1, c);
  return gnuplot_quoted(doubled);
}

namespace detail {

using file_handle = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

inline file_handle scratch_file() {
  file_handle file(std::tmpfile(), &std::fclose);
  if (file == nullptr)
    throw gnuplot_error(std::string("no temporary file can be made: ") + std::strerror(errno));
  return file;
}

inline std::string content_of(std::FILE* file) {
  std::rewind(file);
  std::string text;
  char piece[4096];
  for (std::size_t got = 0; (got = std::fread(piece, 1, sizeof piece, file)) > 0;)
    text.append(piece, got);
  return text;
}

inline void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

} // namespace detail

/// Runs gnuplot with a script on its standard input and returns what it writes to its standard
/// output. The user's own settings of gnuplot are not read. Throws `gnuplot_error`.
inline std::string run_gnuplot(const std::string& script) {
  const detail::file_handle in = detail::scratch_file(), out = detail::scratch_file(),
                            said = detail::scratch_file();
  if (std::fwrite(script.data(), 1, script.size(), in.get()) != script.size() ||
      std::fflush(in.get()) != 0)
    throw gnuplot_error(std::string("its script cannot be written: ") + std::strerror(errno));
  std::rewind(in.get());
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, fileno(in.get()), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, fileno(out.get()), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, fileno(said.get()), STDERR_FILENO);
  char name[] = "gnuplot", defaults[] = "--default-settings";
  char* arguments[] = {name, defaults, nullptr};
  pid_t child = 0;
  const int failed = posix_spawnp(&child, name, &files, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed == ENOENT)
    throw gnuplot_error("gnuplot is not installed here (Debian package gnuplot-nox)");
  if (failed != 0)
    throw gnuplot_error(std::string("gnuplot cannot be started: ") + std::strerror(failed));
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      throw gnuplot_error(std::string("gnuplot cannot be waited for: ") + std::strerror(errno));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw gnuplot_error("gnuplot failed: " + detail::content_of(said.get()));
  return detail::content_of(out.get());
}

/// Draws a script of plot commands as an SVG element that can stand inside a page. `name` is of
/// letters, digits and '_', and differs between the figures of a page. Throws `gnuplot_error`.
inline std::string gnuplot_svg(const std::string& script, const std::string& name, int width,
                               int height) {
  std::string svg = run_gnuplot(
      "set encoding utf8\nset terminal svg size " + std::to_string(width) + "," +
      std::to_string(height) + " dynamic enhanced font 'Helvetica,Arial,sans-serif,14' name '" +
      name +
      "' background '#ffffff'\n"
      "set border 3 lc rgb '#8a94a3' lw 1\nset tics nomirror scale 0.5 textcolor rgb '#3d4756'\n"
      "set grid ytics lc rgb '#e4e8ee' lt 1 lw 1\nset key textcolor rgb '#3d4756'\n" +
      script + "\n");
  const std::size_t begin = svg.find("<svg");
  if (begin == std::string::npos)
    throw gnuplot_error("gnuplot drew nothing");
  svg.erase(0, begin); // the XML prolog before it has no place inside a page
  // Names of parts are unique in a drawing; they have to be so in the page.
  for (const std::string part : {"gpDot", "gpPt", "textbox", "greybox", "gnuplot_canvas"})
    for (const std::string before : {"'", "\"", "#"})
      detail::replace_all(svg, before + part, before + name + "_" + part);
  return svg;
}

} // namespace bitfault::campaign
