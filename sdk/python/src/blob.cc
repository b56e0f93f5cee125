// The handle under sqlrite.Blob (which adds positions, slices and the context manager): reads and writes pieces of one
// value.
#include <pybind11/pybind11.h>

#include "objects.h"

namespace py = pybind11;

namespace sqlrite_python {

namespace {

class BlobHandle {
 public:
  BlobHandle(py::object connection, const char* database, const char* table, const char* column, int64_t row,
             bool readonly)
      : connection_(std::move(connection)) {
    ConnectionObject* owner = connection_object();
    check();
    auto opened = [&] {
      EngineCall call(*owner->session);
      return owner->session->db->open_blob(database, table, column, row, !readonly);
    }();
    if (!opened.ok()) raise(opened.status());
    blob_ = opened.take();
    session_ = owner->session;
    session_->retain();
  }
  BlobHandle(const BlobHandle&) = delete;
  BlobHandle& operator=(const BlobHandle&) = delete;
  ~BlobHandle() {
    end();
    if (session_ != nullptr) session_->release();
  }

  uint32_t size() {
    check();
    return blob_.size_bytes();
  }
  py::bytes read(uint32_t offset, uint32_t size) {
    check();
    PyObject* bytes = PyBytes_FromStringAndSize(nullptr, size);
    if (bytes == nullptr) throw py::error_already_set();
    py::bytes owned = py::reinterpret_steal<py::bytes>(bytes);
    sqlrite::Status status;
    {
      EngineCall call(*session_);
      status = blob_.read(offset, PyBytes_AS_STRING(bytes), size);
    }
    if (!status.ok()) raise(status);
    return owned;
  }
  void write(uint32_t offset, const py::bytes& bytes) {
    check();
    std::string_view view(PyBytes_AS_STRING(bytes.ptr()), static_cast<size_t>(PyBytes_GET_SIZE(bytes.ptr())));
    sqlrite::Status status;
    {
      EngineCall call(*session_);
      status = blob_.write(offset, view);
    }
    if (!status.ok()) raise(status);
  }
  // Without checks: the connection closes, or the object is collected.
  void end() {
    if (!blob_) return;
    sqlrite::Blob ended = std::move(blob_);
    EngineCall call(*session_);
    ended.close().ignore();
  }
  bool is_open() {
    check();
    return static_cast<bool>(blob_);
  }
  void check_owner() const {
    if (!check_connection(connection_object())) throw py::error_already_set();
  }

 private:
  ConnectionObject* connection_object() const { return reinterpret_cast<ConnectionObject*>(connection_.ptr()); }
  [[noreturn]] static void raise(const sqlrite::Status& status) {
    set_error_unless_raised(status);
    throw py::error_already_set();
  }
  void check() const { check_owner(); }

  py::object connection_;
  Session* session_ = nullptr;
  sqlrite::Blob blob_;
};

}  // namespace

void add_blob_type(PyObject* module_object) {
  auto target = py::reinterpret_borrow<py::module_>(module_object);
  py::class_<BlobHandle>(target, "_BlobHandle", "Reads and writes pieces of one value; used by Blob.")
      .def(py::init([](py::object connection, const char* database, const char* table, const char* column, int64_t row,
                       bool readonly) {
        if (PyObject_TypeCheck(connection.ptr(), module.connection_type) == 0)
          throw py::type_error("a Connection is needed");
        return std::make_unique<BlobHandle>(std::move(connection), database, table, column, row, readonly);
      }))
      .def("size", &BlobHandle::size)
      .def("read", &BlobHandle::read)
      .def("write", &BlobHandle::write)
      .def("check_owner", &BlobHandle::check_owner)
      .def("is_open", &BlobHandle::is_open)
      .def("end", &BlobHandle::end);
  target.def("_register_blob", [](py::object connection, py::object reference) {
    auto* owner = reinterpret_cast<ConnectionObject*>(connection.ptr());
    // Those that are gone make room.
    Py_ssize_t kept = 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(owner->blobs); ++i) {
      py::object blob = py::reinterpret_steal<py::object>(PyObject_CallNoArgs(PyList_GET_ITEM(owner->blobs, i)));
      if (!blob) throw py::error_already_set();
      if (blob.is_none()) continue;
      PyList_SetItem(owner->blobs, kept, new_ref(PyList_GET_ITEM(owner->blobs, i)));
      ++kept;
    }
    PyList_SetSlice(owner->blobs, kept, PyList_GET_SIZE(owner->blobs), nullptr);
    PyList_Append(owner->blobs, reference.ptr());
  });
}

}  // namespace sqlrite_python
