package dev.multibox.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * What one VOC annotation file says, before the boxes are judged.
 *
 * @param file the annotation file
 * @param imageName the {@code filename} element, empty if there is none
 * @param size as stated, 0 x 0 where it is not
 * @param sizeLine the line that states it
 * @param objects in file order
 */
record VocAnnotation(
    Path file, String imageName, ImageSize size, int sizeLine, List<VocObject> objects) {

  /** An object with VOC's inclusive pixel numbers from 1, and the line its box begins at. */
  record VocObject(
      String category,
      double xmin,
      double ymin,
      double xmax,
      double ymax,
      boolean difficult,
      int line) {

    /** Continuous pixels: {@code [xmin - 1, xmax] x [ymin - 1, ymax]}. */
    PixelBox box() {
      return new PixelBox(xmin - 1, ymin - 1, xmax, ymax);
    }
  }

  /**
   * Parses a file. Elements that are not needed are skipped, among them the boxes of an object's
   * parts. Document type definitions and external entities are never followed.
   *
   * @throws IOException naming file, line and remedy
   */
  static VocAnnotation read(Path file) throws IOException {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    factory.setProperty(XMLConstants.ACCESS_EXTERNAL_DTD, "");
    try (InputStream stream = Files.newInputStream(file)) {
      XMLStreamReader xml = factory.createXMLStreamReader(stream);
      try {
        return new Parser(file, xml).annotation();
      } finally {
        xml.close();
      }
    } catch (XMLStreamException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNumber();
      // The parser's message repeats the position over two lines; what it says stands behind.
      String what =
          String.valueOf(e.getMessage()).replaceFirst("(?s)^ParseError at .*\\nMessage: ", "");
      throw new IOException(
          "%s:%d: not well-formed XML: %s; correct the file or restore it from its source"
              .formatted(file, line, what.strip()),
          e);
    }
  }

  /** What keeps an object from being used on an image of this size; empty if nothing does. */
  String fault(VocObject object, ImageSize image) {
    String what;
    if (!(object.xmin < object.xmax)) {
      what = "xmax <= xmin";
    } else if (!(object.ymin < object.ymax)) {
      what = "ymax <= ymin";
    } else {
      what = object.box().fault(image);
    }
    return what.isEmpty()
        ? ""
        : "%s:%d: %s with box xmin %s, ymin %s, xmax %s, ymax %s: %s; correct the box or remove the object"
            .formatted(
                file,
                object.line,
                object.category,
                object.xmin,
                object.ymin,
                object.xmax,
                object.ymax,
                what);
  }

  /** One file being read; each method consumes an element, its end included. */
  private static final class Parser {
    private final Path file;
    private final XMLStreamReader xml;

    Parser(Path file, XMLStreamReader xml) {
      this.file = file;
      this.xml = xml;
    }

    VocAnnotation annotation() throws XMLStreamException, IOException {
      while (xml.next() != XMLStreamConstants.START_ELEMENT) {
        // Comments and processing instructions may stand before the root.
      }
      if (!xml.getLocalName().equals("annotation")) {
        throw fault("root was <" + xml.getLocalName() + ">, wanted <annotation>");
      }
      String imageName = "";
      ImageSize size = new ImageSize(0, 0);
      int sizeLine = line();
      List<VocObject> objects = new ArrayList<>();
      while (nextChild()) {
        switch (xml.getLocalName()) {
          case "filename" -> imageName = text();
          case "size" -> {
            sizeLine = line();
            size = size();
          }
          case "object" -> objects.add(object());
          default -> skip();
        }
      }
      while (xml.hasNext()) {
        xml.next();
      }
      return new VocAnnotation(file, imageName, size, sizeLine, List.copyOf(objects));
    }

    private ImageSize size() throws XMLStreamException, IOException {
      int width = 0;
      int height = 0;
      while (nextChild()) {
        switch (xml.getLocalName()) {
          case "width" -> width = (int) number();
          case "height" -> height = (int) number();
          default -> skip();
        }
      }
      return new ImageSize(width, height);
    }

    private VocObject object() throws XMLStreamException, IOException {
      String category = "";
      boolean difficult = false;
      double[] box = new double[0];
      int line = line();
      int start = line;
      while (nextChild()) {
        switch (xml.getLocalName()) {
          case "name" -> category = text();
          case "difficult" -> difficult = number() != 0;
          case "bndbox" -> {
            line = line();
            box = box();
          }
          default -> skip();
        }
      }
      if (category.isEmpty()) {
        throw fault(start, "object without <name>");
      }
      if (box.length == 0) {
        throw fault(start, "object " + category + " without <bndbox>");
      }
      return new VocObject(category, box[0], box[1], box[2], box[3], difficult, line);
    }

    private double[] box() throws XMLStreamException, IOException {
      double[] box = {Double.NaN, Double.NaN, Double.NaN, Double.NaN};
      int start = line();
      while (nextChild()) {
        switch (xml.getLocalName()) {
          case "xmin" -> box[0] = number();
          case "ymin" -> box[1] = number();
          case "xmax" -> box[2] = number();
          case "ymax" -> box[3] = number();
          default -> skip();
        }
      }
      for (double edge : box) {
        if (Double.isNaN(edge)) {
          throw fault(start, "<bndbox> lacks one of xmin, ymin, xmax, ymax");
        }
      }
      return box;
    }

    /** Moves to the next child of the current element; false at the element's end. */
    private boolean nextChild() throws XMLStreamException {
      for (int event = xml.next(); event != XMLStreamConstants.END_ELEMENT; event = xml.next()) {
        if (event == XMLStreamConstants.START_ELEMENT) {
          return true;
        }
      }
      return false;
    }

    private void skip() throws XMLStreamException {
      while (nextChild()) {
        skip();
      }
    }

    private String text() throws XMLStreamException {
      return xml.getElementText().strip();
    }

    private double number() throws XMLStreamException, IOException {
      int start = line();
      String name = xml.getLocalName();
      String text = text();
      try {
        double value = Double.parseDouble(text);
        if (Double.isFinite(value)) {
          return value;
        }
      } catch (NumberFormatException _) {
        // Refused below, in the same words as a number that is not finite.
      }
      throw fault(start, "<%s> was '%s', wanted a number".formatted(name, text));
    }

    private int line() {
      return xml.getLocation().getLineNumber();
    }

    private IOException fault(String what) {
      return fault(line(), what);
    }

    private IOException fault(int line, String what) {
      return new IOException("%s:%d: %s; correct the annotation".formatted(file, line, what));
    }
  }
}
